# SPDX-License-Identifier: EUPL-1.2
"""Mails: a queue in the database, texts in two languages, and what hands them in to a mail server."""
