# SPDX-License-Identifier: EUPL-1.2
"""Daten-Fenster: stories that editors tell with texts, diagrams, maps and figures that stay up to date."""
