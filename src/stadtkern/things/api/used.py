# SPDX-License-Identifier: EUPL-1.2
"""Whose entity an address of the SensorThings API is about, for counting uses."""

from __future__ import annotations

import re

# The entity that the path begins with; whole collections belong to many datasets, so to none.
_ENTITY = re.compile(r"/sta/v1\.1/(Things|Datastreams|MultiDatastreams|Locations)\((\d{1,18})\)")


def read(path: str) -> tuple[str, str, str] | None:
    """The interface, the entity set and the id."""
    found = _ENTITY.match(path)
    return ("sta", found[1], found[2]) if found else None
