# SPDX-License-Identifier: EUPL-1.2
"""Forms that the catalogue makes by itself: interface and table of a dataset that holds time series."""

from __future__ import annotations

from typing import Any

from psycopg.types.json import Jsonb

from stadtkern.core import statements
from stadtkern.core.database import Connection

SERIES = "series"
_API = "/sta/v1.1"
_STANDARD = "http://www.opengis.net/doc/IS/SensorThings/1.1"


async def refresh_series(
    connection: Connection, *, dataset_id: int, licence: str = "", attribution: str = "", rights: str = ""
) -> None:
    """See that a dataset of time series offers its interface and its table, and knows its time and area."""
    sql = statements.load("catalogue")
    params: dict[str, Any] = {"dataset_id": dataset_id, "made_by": SERIES}
    extent = await (await connection.execute(sql["series_extent"], params)).fetchone()
    await connection.execute(sql["note_extent"], {**params, **_extent(extent)})
    have = await (await connection.execute(sql["forms_made_by"], params)).fetchall()
    if have:
        return
    key = await (await connection.execute(sql["key_of"], params)).fetchone()
    own = await (await connection.execute(sql["own_service"], {**params, **_service()})).fetchone()
    said = {"licence": licence, "attribution": attribution, "rights": rights, "made_by": SERIES}
    for position, form in enumerate(_forms(key[0] if key else "")):
        values = {
            **params,
            **said,
            **form,
            "position": position,
            "service_uuid": own[0] if own and not position else None,
        }
        await connection.execute(sql["offer_form"], values)
    await connection.execute(sql["own_service_serves"], {**params, "endpoint_url": _API})
    await offer_files(connection, dataset_id=dataset_id)


async def offer_files(connection: Connection, *, dataset_id: int | None = None) -> None:
    """See that time series, of one dataset or all, offer their values as Excel and Parquet beside the CSV."""
    for ending, values in _FILES.items():
        about = {"dataset_id": dataset_id, "made_by": SERIES, "ending": ending, **values}
        await connection.execute(statements.load("catalogue")["offer_beside_csv"], about)


async def place_features(connection: Connection, *, dataset_id: int | None = None) -> None:
    """Give geodata, of one dataset or all, the rectangle around their collections, and let it follow them."""
    await connection.execute(statements.load("catalogue")["place_features"], {"dataset_id": dataset_id})


def _forms(key: str) -> list[dict[str, Any]]:
    return [
        {
            "title": Jsonb({"de": "Schnittstelle (OGC SensorThings)", "en": "Interface (OGC SensorThings)"}),
            "description": Jsonb({
                "de": "Alle Messreihen mit ihren Werten, Zeiträume und Ausschnitte frei wählbar.",
                "en": "All series with their values; choose any span and part.",
            }),
            "access_url": f"/daten/{key}/schnittstelle",
            "download_url": "",
            "format": "JSON",
            "media_type": "application/json",
            "conforms_to": [_STANDARD],
        },
        {
            "title": Jsonb({"de": "Alle Einzelwerte als CSV", "en": "All single values as CSV"}),
            "description": Jsonb({"de": "Zeiten in UTC, Punkt als Dezimalzeichen.", "en": "Times in UTC."}),
            "access_url": f"/daten/{key}/werte.csv",
            "download_url": f"/daten/{key}/werte.csv",
            "format": "CSV",
            "media_type": "text/csv",
            "conforms_to": [],
        },
    ]  # fmt: skip


_FILES: dict[str, dict[str, Any]] = {
    "xlsx": {
        "title": Jsonb({"de": "Einzelwerte als Excel", "en": "Single values as Excel"}),
        "description": Jsonb({
            "de": "Höchstens 100.000 Werte: von jeder Messreihe die neuesten. Zeiten in UTC.",
            "en": "At most 100,000 values: the newest ones of each series. Times in UTC.",
        }),
        "format": "XLSX",
        "media_type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    },
    "parquet": {
        "title": Jsonb({"de": "Alle Einzelwerte als Parquet", "en": "All single values as Parquet"}),
        "description": Jsonb({
            "de": "Für große Auswertungen. Zeiten in UTC.", "en": "For large analyses. Times in UTC."
        }),
        "format": "PARQUET",
        "media_type": "application/vnd.apache.parquet",
    },
}  # fmt: skip


def _service() -> dict[str, Any]:
    return {
        "endpoint_url": _API,
        "endpoint_description": "/sta/v1.1/api",
        "title": Jsonb({"de": "Daten-API (OGC SensorThings)", "en": "Data API (OGC SensorThings)"}),
        "description": Jsonb({
            "de": "Orte, Geräte, Messreihen und Messwerte nach OGC SensorThings API 1.1.",
            "en": "Things, sensors, series and observations by OGC SensorThings API 1.1.",
        }),
        "documentation": ["/schnittstellen/daten-api"],
        "conforms_to": [_STANDARD],
    }  # fmt: skip


def _extent(found: Any) -> dict[str, Any]:
    """Since when there are values, and the rectangle around the places as GeoJSON."""
    bounds = found[3] if found else None
    if not bounds or bounds[0] is None:
        return {"first": found[1] if found else None, "spatial": None, "area": None}
    west, south, east, north = bounds
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "first": found[1],
        "spatial": Jsonb({"type": "Polygon", "coordinates": [ring]}),
        "area": f"({east},{north}),({west},{south})",
    }
