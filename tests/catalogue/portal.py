# SPDX-License-Identifier: EUPL-1.2
"""A small portal for clients of CKAN, and what `ckanapi` sees of the web."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.test import AsyncClient

from stadtkern.catalogue import operations
from stadtkern.core.database import Connection
from tests import people
from tests.catalogue import records
from tests.features import factories as features

NUMBER = 12


class Answer(NamedTuple):
    """As much of an answer as is looked at."""

    status_code: int
    text: str


class Session:
    """What `ckanapi` sees of the web, over the pages themselves."""

    def __init__(self, client: AsyncClient, loop: asyncio.AbstractEventLoop):
        self._client, self._loop = client, loop

    def _run(self, call: Any) -> Answer:
        answer = asyncio.run_coroutine_threadsafe(call, self._loop).result(30)
        return Answer(answer.status_code, answer.content.decode())

    def post(self, url: str, *, data: bytes, headers: dict[str, str], **_: Any) -> Answer:
        path = "/" + url.split("/", 3)[3]
        return self._run(self._client.post(path, data=data, content_type="application/json", headers=headers))

    def get(self, url: str, *, params: dict[str, Any] | None, headers: dict[str, str], **_: Any) -> Answer:
        path = "/" + url.split("/", 3)[3]
        query = urlencode(params or {}, doseq=True)
        headers.pop("Content-Type", None)
        return self._run(self._client.get(f"{path}?{query}", headers=headers))


async def fill(connection: Connection) -> dict[str, str]:
    """Twelve datasets and a table; some in another organisation, one internal, one draft."""
    office = await people.organisation(connection, name="Grünflächenamt")
    for number in range(NUMBER):
        await _make(
            connection,
            title=records.NASTY if number == 1 else f"Datensatz Nummer {number}",
            organisation_id=office if number % 3 == 0 else None,
            themes=["TRAN", "ENVI"] if number % 2 else ["ENVI"],
            keywords={"de": ["Baum", f"Wort {number}"]},
        )
    await _make(connection, title="Entwurf", state="draft", keywords={"de": ["Geheim"]})
    await _make(connection, title="Intern", room="internal", keywords={"de": ["Geheim"]})
    made = await operations.create(
        connection,
        by=None,
        kind="table",
        title={"de": "Baumkataster"},
        description={"de": "x"},
        state="published",
    )
    await features.collection(connection, key="baeume", dataset_id=made.id)
    form = await operations.add_distribution(
        connection, by=None, dataset_id=made.id, access_url="/ogc/collections/baeume", format="CSV",
        licence="http://dcat-ap.de/def/licenses/cc-zero",
    )  # fmt: skip
    return {"table": str(form.uuid), "office": f"gruenflaechenamt-{office}"}


async def _make(connection: Connection, *, title: str, **more: Any) -> None:
    made = await operations.create(
        connection,
        by=None,
        kind="files",
        title={"de": title},
        description={"de": "Was ist."},
        **{"state": "published", **more},
    )
    await operations.add_distribution(
        connection,
        by=None,
        dataset_id=made.id,
        access_url="https://a.example/b.csv",
        format="CSV",
        licence=records.DL_BY,
    )


async def get(visitor: AsyncClient, name: str, **given: Any) -> Any:
    answer = await visitor.get(f"/api/3/action/{name}?{urlencode(given)}")
    assert answer.status_code == 200, answer.content
    assert answer.json()["success"] is True
    return answer.json()["result"]
