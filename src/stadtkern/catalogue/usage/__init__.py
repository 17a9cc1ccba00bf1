# SPDX-License-Identifier: EUPL-1.2
"""How often data are used, never by whom."""
