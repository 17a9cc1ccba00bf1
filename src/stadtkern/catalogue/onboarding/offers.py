# SPDX-License-Identifier: EUPL-1.2
"""What a dataset offers as soon as its data are stored: an interface, downloads, and that it can be seen."""

from __future__ import annotations

from typing import Any

from stadtkern.catalogue import automatic
from stadtkern.catalogue import operations as catalogue
from stadtkern.catalogue.onboarding.entities import Delivery, Plan
from stadtkern.core.database import Connection


async def offer(connection: Connection, delivery: Delivery, plan: Plan) -> None:
    """See that the dataset has its forms and, the first time, is published where that was wished."""
    recipe, about = delivery.recipe, plan.about
    dataset_id = recipe.dataset_id or 0
    licence, attribution = (about.licence, about.attribution) if about else ("", "")
    await automatic.place_features(connection, dataset_id=dataset_id)
    if plan.target in ("series", "stations"):
        await automatic.refresh_series(
            connection, dataset_id=dataset_id, licence=licence, attribution=attribution
        )
    elif not delivery.later:
        await offer_table(
            connection,
            dataset_id=dataset_id,
            key=recipe.dataset_key,
            spatial=plan.target == "features",
            licence=licence,
            attribution=attribution,
        )
    if about is not None and about.publish and not delivery.later:
        await catalogue.publish(connection, by=None, dataset_id=dataset_id)


async def offer_table(
    connection: Connection, *, dataset_id: int, key: str, spatial: bool, licence: str, attribution: str
) -> None:
    """The interface to a dataset's table and the table as files; `spatial`: as GeoJSON, too."""
    for form in _forms(key, spatial=spatial):
        said = {"licence": licence, "attribution": attribution, **form}
        await catalogue.add_distribution(connection, by=None, dataset_id=dataset_id, **said)


_DOWNLOADS = (
    ("csv", "CSV", "text/csv", "Alles als CSV", "All as CSV"),
    (
        "xlsx",
        "XLSX",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "Alles als Excel",
        "All as Excel",
    ),
    ("ndjson", "NDJSON", "application/x-ndjson", "Alles als NDJSON", "All as NDJSON"),
    ("geojson", "GEOJSON", "application/geo+json", "Alles als GeoJSON", "All as GeoJSON"),
    ("parquet", "PARQUET", "application/vnd.apache.parquet", "Alles als Parquet", "All as Parquet"),
)


def _forms(key: str, *, spatial: bool) -> list[dict[str, Any]]:
    address = f"/ogc/collections/{key}"
    found: list[dict[str, Any]] = [
        {
            "title": {"de": "Schnittstelle (OGC API – Features)", "en": "Interface (OGC API – Features)"},
            "access_url": address,
            "format": "JSON",
            "media_type": "application/json",
        }
    ]
    for ending, format_, media_type, german, english in _DOWNLOADS:
        if ending == "geojson" and not spatial:
            continue
        url = f"{address}/download.{ending}"
        said = {"title": {"de": german, "en": english}, "format": format_, "media_type": media_type}
        found.append({**said, "access_url": url, "download_url": url})
    return found
