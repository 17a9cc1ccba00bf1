# SPDX-License-Identifier: EUPL-1.2
"""Everybody with an account, for the city's administrators: closing an account and opening it again."""
