# SPDX-License-Identifier: EUPL-1.2
"""Asks readers whether a page helped, and shows the answers to those whose data it shows."""
