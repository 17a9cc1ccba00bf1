# SPDX-License-Identifier: EUPL-1.2
"""Takes datasets into the catalogue that came into being elsewhere: by an API, an import, the demo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog

from stadtkern.catalogue import automatic, vocabularies
from stadtkern.catalogue.entities import Dataset
from stadtkern.catalogue.operations import rows
from stadtkern.catalogue.operations.problems import InvalidMetadata
from stadtkern.catalogue.versions import keeping
from stadtkern.core import statements
from stadtkern.core.database import Connection

log = structlog.get_logger(__name__)

# How licences are called by those who make datasets on the command line and in imports.
_LICENCES = {
    "dl-de/by-2-0": "dl-by-de/2.0",
    "dl-de/zero-2-0": "dl-zero-de/2.0",
    "cc0-1.0": "cc-zero",
    "cc-zero": "cc-zero",
    "cc-by-4.0": "cc-by/4.0",
    "cc-by-sa-4.0": "cc-by-sa/4.0",
    "odbl-1.0": "odbl",
    "mit": "other-opensource",
}


async def adopt_all(connection: Connection) -> list[str]:
    """Adopt every dataset that the catalogue does not know yet; returns their keys."""
    found = await (await connection.execute(statements.load("catalogue")["not_adopted"])).fetchall()
    for dataset_id, _, about in found:
        await adopt(connection, dataset_id=dataset_id, about=about)
    return [row[1] for row in found]


async def adopt(connection: Connection, *, dataset_id: int, about: Mapping[str, Any]) -> Dataset:
    """Make the entry of one dataset from what its maker said about it; done already, nothing changes."""
    async with connection.transaction():
        sql = statements.load("catalogue")
        made = await connection.execute(sql["adopt_dataset"], {"dataset_id": dataset_id})
        if await made.fetchone() is not None:
            await rows.update_dataset(connection, dataset_id=dataset_id, values=_said(about))
            licence = str(about.get("licence") or "")
            known = _LICENCES.get(licence.lower(), "")
            await automatic.refresh_series(
                connection,
                dataset_id=dataset_id,
                licence=vocabularies.LICENCES + known if known else str(about.get("licence_url") or licence),
                attribution=str(about.get("attribution") or ""),
                rights="" if known != "other-opensource" else licence,
            )
            await keeping.keep(connection, dataset_id=dataset_id, by=None)
        return await rows.record(connection, dataset_id=dataset_id)


def _said(about: Mapping[str, Any]) -> dict[str, Any]:
    """Columns from the maker's words; what cannot be stored is left out and logged."""
    given: dict[str, Any] = {"title": about.get("title") or {}, "description": about.get("description") or {}}
    if str(about.get("source") or "").startswith("http"):
        given["documentation"] = (about["source"],)
    given["extra"] = {name: True for name in ("simulated", "replay") if about.get(name) is True}
    more = about.get("metadata")
    given = {
        "language": ("DEU",),
        "access_rights": "",
        **given,
        **(more if isinstance(more, Mapping) else {}),
    }
    values: dict[str, Any] = {}
    for name, value in given.items():
        try:
            values |= rows.metadata_columns({name: value})
        except InvalidMetadata as error:
            log.warning("metadata of an adopted dataset were left out", field=name, error=error.detail)
    return values
