# SPDX-License-Identifier: EUPL-1.2
"""Organisations, who belongs to them, and in which role."""
