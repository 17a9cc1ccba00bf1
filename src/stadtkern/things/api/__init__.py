# SPDX-License-Identifier: EUPL-1.2
"""OGC SensorThings API 1.1 over HTTP."""

from stadtkern.things.api.answers import failure
from stadtkern.things.api.routes import Service, lifespan

__all__ = ["Service", "failure", "lifespan"]
