# SPDX-License-Identifier: EUPL-1.2
"""Looks at a table before anything is stored: what it seems to say, and what is wrong with it."""
