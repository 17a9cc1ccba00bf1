# SPDX-License-Identifier: EUPL-1.2
"""Agreements on the use of data, which grant rooms for a time."""
