# SPDX-License-Identifier: EUPL-1.2
"""The city right now: tiles, a map, and the list that says the same."""
