# SPDX-License-Identifier: EUPL-1.2
"""Tags of the pages of rooms and agreements."""
