# SPDX-License-Identifier: EUPL-1.2
"""Older versions are downloaded under addresses that stay, by those who could see them."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import httpx
import pytest

from stadtkern.core.database import Connection
from stadtkern.features.api import downloads
from tests import people
from tests.core import factories as core_factories
from tests.features.factories import collection, trees
from tests.features.test_versions import load

pytestmark = pytest.mark.anyio


async def numbers(client: httpx.AsyncClient, address: str) -> list[int]:
    """The tree numbers in a CSV."""
    answer = await client.get(address)
    assert answer.status_code == 200, answer.text
    return [int(row["Nummer"]) for row in csv.DictReader(io.StringIO(answer.text))]


async def test_a_version_keeps_its_address_and_its_rows(
    client: httpx.AsyncClient, connection: Connection
) -> None:
    """In every form, with a selection, in several pages, and with a fingerprint that stays."""
    known = await collection(connection, rows=trees(2_500), key="alt")
    known = await load(connection, known, [["Buche", *row[1:]] for row in trees(2, first=2_500)], "upsert")
    listed = (await client.get("/ogc/collections/alt/versions")).json()["versions"]
    assert [(item["number"], item["itemCount"], "until" in item) for item in listed] == [
        (2, 2_501, False), (1, 2_500, True)
    ]  # fmt: skip
    address = "/ogc/collections/alt/versions/1/download."
    assert {link["href"].partition("testserver")[2] or link["href"] for link in listed[1]["links"]} >= {
        link["href"] for link in listed[1]["links"] if link["href"].endswith(f"{address}csv")
    }
    assert await numbers(client, f"{address}csv") == list(range(1, 2_501))
    first = await client.get(f"{address}geojson", params={"filter": "Nummer = 2500"})
    assert [item["properties"]["Art"] for item in first.json()["features"]] == ["Linde"]
    tag = first.headers["etag"]
    await load(connection, known, trees(3), "replace")
    again = await client.get(
        f"{address}geojson", params={"filter": "Nummer = 2500"}, headers={"if-none-match": tag}
    )
    assert again.status_code == 304
    parquet = await client.get(f"{address}parquet")
    assert (parquet.status_code, parquet.content[:4]) == (200, b"PAR1")
    assert len((await client.get("/ogc/collections/alt/download.json")).json()) == 3


async def test_a_version_is_read_whole_while_deliveries_come(
    client: httpx.AsyncClient, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that are changed, or come behind, between two pages are read as they were."""
    known = await collection(connection, rows=trees(30))
    monkeypatch.setattr(downloads, "STEP", 10)
    real, left = downloads.Walk._page, ["upsert", "append"]

    async def between(self: Any, *given: Any) -> Any:
        page = await real(self, *given)
        if left:
            mode: Any = left.pop()
            rows = [["Buche", *row[1:]] for row in trees(20, first=25 if mode == "upsert" else 90)]
            await load(connection, known, rows, mode)
        return page

    monkeypatch.setattr(downloads.Walk, "_page", between)
    answer = await client.get(f"/ogc/collections/{known.key}/versions/1/download.csv")
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert [int(row["Nummer"]) for row in lines] == list(range(1, 31))
    assert "Buche" not in {row["Art"] for row in lines}
    assert left == []


@pytest.mark.parametrize("number", ["0", "7", "-1", "x", "1.0", "99999999999999999999999", "²"])
async def test_what_is_no_version_is_not_found(
    client: httpx.AsyncClient, connection: Connection, number: str
) -> None:
    """Whatever stands in the address."""
    known = await collection(connection, rows=trees(1))
    answer = await client.get(f"/ogc/collections/{known.key}/versions/{number}/download.csv")
    assert answer.status_code == 404


async def test_a_version_that_was_a_draft_is_for_those_who_work_on_it(
    client: httpx.AsyncClient, connection: Connection
) -> None:
    """Editors of the organisation see it by their session; strangers and readers get a 404."""
    office = await people.organisation(connection)
    dataset = await core_factories.make_dataset(connection)
    await connection.execute(
        "UPDATE core.dataset SET state = 'draft', organisation_id = %s WHERE id = %s", [office, dataset]
    )
    known = await collection(connection, rows=trees(5), dataset_id=dataset)
    await load(connection, known, trees(4), "replace")
    await connection.execute("UPDATE core.dataset SET state = 'published' WHERE id = %s", [dataset])
    editor = await people.person(connection, role="editor", organisation_id=office)
    reader = await people.person(connection, role="reader", organisation_id=office)
    base = f"/ogc/collections/{known.key}/versions"
    for cookie, status, count in ((None, 404, 1), (reader.cookie, 404, 1), (editor.cookie, 200, 2)):
        headers = {"cookie": f"sessionid={cookie}"} if cookie else {}
        assert (await client.get(f"{base}/1/download.csv", headers=headers)).status_code == status
        listed = json.loads((await client.get(base, headers=headers)).content)["versions"]
        assert len(listed) == count
