# SPDX-License-Identifier: EUPL-1.2
"""The observation store: how rows get in, change and go, and how states and rollups stay right meanwhile."""
