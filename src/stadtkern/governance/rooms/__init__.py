# SPDX-License-Identifier: EUPL-1.2
"""Data rooms: who is let in, and on which terms."""
