# SPDX-License-Identifier: EUPL-1.2
"""Screens that show one board without anybody signed in: keys given, used and ended."""
