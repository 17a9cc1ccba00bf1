# SPDX-License-Identifier: EUPL-1.2
"""OGC SensorThings API 1.1 over HTTP."""

from stadtkern.things.api.routes import lifespan, routes

__all__ = ["lifespan", "routes"]
