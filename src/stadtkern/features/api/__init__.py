# SPDX-License-Identifier: EUPL-1.2
"""OGC API – Features: Core (17-069r4), CRS (18-058r1), Filtering (19-079r2) and CQL2 (21-065r2)."""

from stadtkern.features.api.provider import Given, Provider, Tables
from stadtkern.features.api.routes import Service

__all__ = ["Given", "Provider", "Service", "Tables"]
