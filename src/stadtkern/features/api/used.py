# SPDX-License-Identifier: EUPL-1.2
"""Whose collection an address of OGC API – Features is about, for counting uses."""

from __future__ import annotations

import re

_COLLECTION = re.compile(r"/ogc/collections/([a-z0-9-]{1,100})(/.*)?$")


def read(path: str) -> tuple[str, str, str] | None:
    """The interface, whether rows were read or a file was taken, and the collection's key."""
    found = _COLLECTION.match(path)
    if found is None:
        return None
    return ("ogc", "download" if "/download." in (found[2] or "") else "ogc", found[1])
