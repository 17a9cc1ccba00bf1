# SPDX-License-Identifier: EUPL-1.2
"""Boards of tiles: kept in versions, arranged by editors in the browser, published."""
