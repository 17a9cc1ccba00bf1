# SPDX-License-Identifier: EUPL-1.2
"""The outlines of the city: for quiet maps, and for saying in which quarter something lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from stadtkern.core import statements
from stadtkern.core.database import Connection


class District(msgspec.Struct, frozen=True, kw_only=True):
    """An outline: `level` is city, district or quarter; `geometry` is GeoJSON in WGS 84."""

    code: str
    name: str
    level: str
    geometry: Mapping[str, Any]


async def outlines(connection: Connection, *, level: str | None = None) -> list[District]:
    """The outlines of one level, or all, by code."""
    rows = await connection.execute(statements.load("city")["list_districts"], {"level": level})
    return [
        District(code=code, name=name, level=level_, geometry=geometry)
        for code, name, level_, geometry in await rows.fetchall()
    ]


async def save(connection: Connection, *, districts: Sequence[District]) -> None:
    """Store outlines; those with the same code are replaced."""
    import shapely.geometry

    sql = statements.load("city")["save_district"]
    for district in districts:
        west, south, east, north = shapely.geometry.shape(district.geometry).bounds
        await connection.execute(
            sql,
            {
                "code": district.code,
                "name": district.name,
                "level": district.level,
                "geometry": Jsonb(district.geometry),
                "west": west,
                "south": south,
                "east": east,
                "north": north,
            },
        )


def containing(districts: Sequence[District], *, longitude: float, latitude: float) -> District | None:
    """The first of the outlines that holds a point."""
    import shapely.geometry

    point = shapely.Point(longitude, latitude)
    return next((d for d in districts if shapely.geometry.shape(d.geometry).covers(point)), None)
