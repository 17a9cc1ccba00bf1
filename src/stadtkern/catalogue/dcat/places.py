# SPDX-License-Identifier: EUPL-1.2
"""Addresses of the catalogue itself, and the extent of what lies somewhere as text (WKT)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

import msgspec

from stadtkern.catalogue.dcat.terms import Iri, Typed, iri


class Addresses(msgspec.Struct, frozen=True):
    """What the catalogue and its parts are called on the web; `base` is the public address of the city."""

    base: str

    @property
    def catalogue(self) -> Iri:
        """The catalogue."""
        return Iri(f"{self.base}/catalog")

    def dataset(self, uuid: UUID) -> Iri:
        """A dataset; it stays when the dataset is renamed."""
        return Iri(f"{self.base}/catalog/datasets/{uuid}")

    def part(self, uuid: UUID, name: str) -> Iri:
        """Something that belongs to one dataset."""
        return Iri(f"{self.base}/catalog/datasets/{uuid}#{name}")

    def service(self, uuid: UUID) -> Iri:
        """An interface."""
        return Iri(f"{self.base}/catalog#service-{uuid}")

    def organisation(self, id: int) -> Iri:
        """An organisation."""
        return Iri(f"{self.base}/catalog#organisation-{id}")

    def page(self, key: str) -> Iri:
        """The page that people read about a dataset."""
        return Iri(f"{self.base}/daten/{key}")

    def link(self, address: str) -> Iri | None:
        """An address as somebody entered it; those that begin with one slash are our own."""
        own = address.startswith("/") and not address.startswith("//")
        return iri(self.base + address if own else address)


def positions(value: Any) -> Iterator[tuple[float, float]]:
    """All positions of a GeoJSON geometry, feature or collection."""
    if isinstance(value, Mapping):
        for name in ("coordinates", "geometry", "geometries", "features"):
            yield from positions(value.get(name))
    elif isinstance(value, list | tuple):
        if len(value) >= 2 and all(isinstance(number, int | float) for number in value[:2]):
            yield float(value[0]), float(value[1])
        else:
            for part in value:
                yield from positions(part)


def extent(spatial: Mapping[str, Any] | None) -> tuple[Typed, Typed] | None:
    """The box around a geometry and its middle in WGS 84, longitude first; None without positions."""
    found = list(positions(spatial))
    if not found:
        return None
    (west, east), (south, north) = ((min(axis), max(axis)) for axis in zip(*found, strict=True))
    corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    box = ", ".join(f"{x:.10g} {y:.10g}" for x, y in corners)
    middle = f"POINT({(west + east) / 2:.10g} {(south + north) / 2:.10g})"
    return Typed(f"POLYGON(({box}))", "geosparql:wktLiteral"), Typed(middle, "geosparql:wktLiteral")
