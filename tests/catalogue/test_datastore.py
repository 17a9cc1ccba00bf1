# SPDX-License-Identifier: EUPL-1.2
"""Rows of tables and features are searched as CKAN's datastore is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import AsyncClient

from stadtkern.catalogue.ckan import views
from stadtkern.catalogue.ckan.parameters import Parameters
from stadtkern.core import database as core_database
from stadtkern.ui.visit import Visit
from tests import browsing
from tests.catalogue import portal

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def stock(database: str) -> dict[str, str]:
    """A small portal with one table in it."""
    async with await core_database.connect(url=database, autocommit=True) as connection:
        return await portal.fill(connection)


@pytest.fixture
async def visitor(stock: dict[str, str], database: str) -> AsyncIterator[AsyncClient]:
    """Somebody who reads."""
    async with browsing.pages(url=database) as client:
        yield client


async def test_rows_of_a_table_are_searched(visitor: AsyncClient, stock: dict[str, str]) -> None:
    """Filters, words, order, fields, pages; no SQL."""
    form = stock["table"]
    assert (await portal.get(visitor, "resource_show", id=form))["datastore_active"] is True
    found = await portal.get(
        visitor, "datastore_search", resource_id=form, limit=10, sort="Nummer desc", offset=5
    )
    assert (found["total"], len(found["records"]), found["records"][0]["Nummer"]) == (100, 10, 95)
    assert {"id": "Höhe", "type": "numeric"} in found["fields"]
    assert found["_links"]["next"].endswith("limit=10&offset=15")
    kind = await portal.get(
        visitor, "datastore_search", resource_id=form, filters='{"Art": ["Linde", "Eiche"], "Nummer": 5}'
    )
    assert [(row["Art"], row["_id"] > 0) for row in kind["records"]] == [("Linde", True)]
    words = await portal.get(visitor, "datastore_search", resource_id=form, q="kirsch", limit=0)
    assert (words["total"], words["records"]) == (20, [])
    named = await portal.get(visitor, "datastore_search", resource_id=form, q='{"Art": "öl%"}')
    assert named["total"] == 0
    few = await portal.get(
        visitor, "datastore_search", resource_id=form, fields="Nummer,_id", records_format="lists", limit=1
    )
    assert len(few["records"][0]) == 2
    assert few["fields"][0]["id"] == "Nummer"


@pytest.mark.parametrize(
    "given",
    [{"filters": "[]"}, {"filters": '{"x": 1}'}, {"sort": "x desc"}, {"sort": "1; select"},
     {"fields": "geheim"},
     {"limit": "x"}, {"records_format": "csv"}, {"q": '{"x": "y"}'}, {"offset": 99_999_999}],
)  # fmt: skip
async def test_what_a_table_has_not_is_named(
    visitor: AsyncClient, stock: dict[str, str], given: dict[str, Any]
) -> None:
    """As a validation error."""
    answer = await visitor.get(
        f"/api/3/action/datastore_search?{urlencode({'resource_id': stock['table'], **given})}"
    )
    assert answer.status_code == 409, answer.content
    assert answer.json()["error"]["__type"] == "Validation Error"


async def test_a_form_without_a_table_is_not_found(visitor: AsyncClient) -> None:
    """Nor is one that does not exist."""
    shown = await portal.get(visitor, "package_show", id="datensatz-nummer-3")
    for form in (shown["resources"][0]["id"], "00000000-0000-0000-0000-000000000000", "x"):
        answer = await visitor.get(f"/api/3/action/datastore_search?resource_id={form}")
        assert (answer.status_code, answer.json()["error"]["__type"]) == (404, "Not Found Error")


@pytest.mark.parametrize(
    "given", [{"filters": '{"Nummer": 99999999999999999999}'}, {"filters": '{"_id": 99999999999999999999}'}]
)
async def test_numbers_beyond_all_ranges_are_answered(
    visitor: AsyncClient, stock: dict[str, str], given: dict[str, Any]
) -> None:
    """Nothing is found or the value is refused; nothing breaks."""
    query = urlencode({"resource_id": stock["table"], **given})
    answer = await visitor.get(f"/api/3/action/datastore_search?{query}")
    assert answer.status_code in (200, 409)
    assert answer.json()["help"]


async def test_a_call_that_takes_too_long_is_stopped(
    visitor: AsyncClient, stock: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And says what to do; so are queries of very many words and bodies without bottom."""

    async def slow(visit: Visit, given: Parameters) -> None:
        await visit.connection.execute("SELECT pg_sleep(30)")

    with monkeypatch.context() as patched:
        patched.setitem(views.ACTIONS, "site_read", slow)
        patched.setattr(views, "_MILLISECONDS", 50)
        answer = await visitor.get("/api/3/action/site_read")
    assert (answer.status_code, "stopped" in answer.content.decode()) == (409, True)
    answer = await visitor.get("/api/3/action/package_search?q=" + "a+" * 3_900)
    assert (answer.status_code, "too many words" in answer.content.decode()) == (409, True)
    deep = b'{"id":' + b"[" * 100_000
    answer = await visitor.post("/api/3/action/package_show", data=deep, content_type="application/json")
    assert answer.status_code == 400
