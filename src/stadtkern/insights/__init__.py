# SPDX-License-Identifier: EUPL-1.2
"""What the city's data says: the cockpit of now, and pages of every thing and series."""
