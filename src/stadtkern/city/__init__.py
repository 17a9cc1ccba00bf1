# SPDX-License-Identifier: EUPL-1.2
"""The municipality itself: its name, its districts, and the demo city."""
