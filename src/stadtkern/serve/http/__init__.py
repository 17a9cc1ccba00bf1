# SPDX-License-Identifier: EUPL-1.2
"""Serves HTTP: connections, their limits, and the straight way for single observations (ADR 66)."""
