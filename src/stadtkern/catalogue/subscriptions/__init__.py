# SPDX-License-Identifier: EUPL-1.2
"""Hearing of new and changed datasets by mail, once a day, for whoever has confirmed it from the mailbox."""
