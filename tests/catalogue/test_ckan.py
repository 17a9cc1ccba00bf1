# SPDX-License-Identifier: EUPL-1.2
"""CKAN's own clients and harvesters read this catalogue without knowing that it is none of theirs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import urlencode

import ckanapi
import pytest
from django.test import AsyncClient

from stadtkern.catalogue.ckan import solr
from stadtkern.catalogue.ckan.problems import SearchQueryRefused
from stadtkern.core import access, tokens
from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from tests import browsing
from tests.catalogue import portal

pytestmark = pytest.mark.anyio

Call = Callable[..., Any]


@pytest.fixture(scope="module")
async def stock(database: str) -> dict[str, str]:
    """Twelve datasets and a table; some in another organisation, one internal, one draft."""
    async with await core_database.connect(url=database, autocommit=True) as connection:
        return await portal.fill(connection)


@pytest.fixture
async def visitor(stock: dict[str, str], database: str) -> AsyncIterator[AsyncClient]:
    """Somebody who reads."""
    async with browsing.pages(url=database) as client:
        yield client


@pytest.fixture(params=[False, True], ids=["post", "get"])
def ckan(visitor: AsyncClient, request: pytest.FixtureRequest) -> Call:
    """Runs something with `ckanapi` in a thread, as scripts do."""

    async def run(work: Callable[[Any], Any], apikey: str | None = None) -> Any:
        session = portal.Session(visitor, asyncio.get_running_loop())
        remote = ckanapi.RemoteCKAN(
            "http://ckan.example", session=session, get_only=request.param, apikey=apikey
        )
        return await asyncio.to_thread(work, remote.action)

    return run


async def test_ckanapi_reads_everything(ckan: Call, stock: dict[str, str]) -> None:
    """Lists, search, show, facets, by POST with JSON and by GET."""
    names = await ckan(lambda action: action.package_list())
    assert len(names) == portal.NUMBER + 1
    assert names == sorted(names)
    shown = await ckan(lambda action: action.package_show(id="datensatz-nummer-3"))
    assert (shown["title"], shown["organization"]["name"]) == ("Datensatz Nummer 3", stock["office"])
    assert shown == await ckan(lambda action: action.package_show(id=shown["id"]))
    resource = shown["resources"][0]
    assert resource == await ckan(lambda action: action.resource_show(id=resource["id"]))
    assert (shown["license_id"], shown["isopen"], shown["num_resources"]) == ("dl-by-de/2.0", True, 1)
    assert [each["name"] for each in shown["groups"]] == ["tran", "envi"]
    found = await ckan(
        lambda action: action.package_search(q="Datensatz", rows=3, **{"facet.field": '["tags"]'})
    )
    assert found["count"] == portal.NUMBER - 1
    assert len(found["results"]) == 3
    assert found["facets"]["tags"]["Baum"] == portal.NUMBER - 1
    assert found["search_facets"]["tags"]["items"][0]["count"] == portal.NUMBER - 1
    assert (await ckan(lambda action: action.status_show()))["ckan_version"]
    assert len(await ckan(lambda action: action.license_list())) > 30


async def test_ckanapi_knows_our_errors(ckan: Call) -> None:
    """Each is raised as the exception that CKAN's own would be."""
    with pytest.raises(ckanapi.NotFound):
        await ckan(lambda action: action.package_show(id="nichts"))
    with pytest.raises(ckanapi.ValidationError):
        await ckan(lambda action: action.package_show())
    with pytest.raises(ckanapi.errors.SearchQueryError):
        await ckan(lambda action: action.package_search(fq="nothing:here"))
    with pytest.raises(ckanapi.errors.CKANAPIError, match="Action name not known"):
        await ckan(lambda action: action.package_create(name="x"))
    with pytest.raises(ckanapi.NotAuthorized):
        await ckan(lambda action: action.package_list(), apikey="wrong")
    for name in ("entwurf", "intern"):
        with pytest.raises(ckanapi.NotFound):
            await ckan(lambda action, name=name: action.package_show(id=name))


async def test_a_harvesters_loop_comes_to_its_end(visitor: AsyncClient) -> None:
    """Pages in the order of ids until one is empty, each dataset once, also with a range of time."""
    long_ago = "metadata_modified:[2001-01-01T00:00:00Z TO *]"
    for query in ({}, {"fq": long_ago}, {"fq": f"+{long_ago} -organization:unknown"}):
        ids: list[str] = []
        for start in range(0, 100, 5):
            page = await portal.get(visitor, "package_search", rows=5, start=start, sort="id asc", **query)
            if not page["results"]:
                break
            ids += [each["id"] for each in page["results"]]
        assert len(ids) == len(set(ids)) == portal.NUMBER + 1
        assert ids == sorted(ids)
    later = await portal.get(visitor, "package_search", fq="metadata_modified:[2100-01-01T00:00:00Z TO *]")
    assert (later["count"], later["results"]) == (0, [])
    assert (await portal.get(visitor, "package_search", rows=1000))["count"] == portal.NUMBER + 1


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("", 13),
        ("*:*", 13),
        ("Baumkataster", 1),
        ("kataster", 1),
        ("title:Baumkataster", 1),
        ("name:datensatz-nummer-1*", 2),
        ("tags:Baum", 12),
        ('tags:"Wort 3"', 1),
        ("tags:Baum AND tags:\"Wort 3\"", 1),
        ("-tags:Baum", 1),
        ("NOT tags:Baum", 1),
        ("groups:tran", 6),
        ("groups:(tran OR envi)", 12),
        ("groups:tran OR tags:\"Wort 2\"", 7),
        ("res_format:csv", 13),
        ("license_id:cc-zero", 1),
        ("type:dataset state:active", 13),
        ("private:true", 0),
        ("capacity:public", 13),
        ("metadata_modified:[NOW-1DAY TO NOW]", 13),
        ("metadata_modified:{* TO 2001-01-01}", 0),
        ("Geheim", 0),
        ("+type:dataset +(groups:tran -tags:\"Wort 3\")", 5),
        ("\"%_\\\\\"", 0),
        ("tags:Geheim", 0),
    ],
)  # fmt: skip
async def test_queries_mean_what_they_mean_in_solr(visitor: AsyncClient, query: str, number: int) -> None:
    """As `q` and as `fq`; nothing hidden is counted."""
    for name in ("q", "fq"):
        assert (await portal.get(visitor, "package_search", rows=0, **{name: query}))["count"] == number, name


async def test_an_organisation_is_asked_for_by_name_or_id(
    visitor: AsyncClient, stock: dict[str, str]
) -> None:
    """In queries and by itself, with its datasets."""
    shown = await portal.get(visitor, "organization_show", id=stock["office"], include_datasets="true")
    assert (shown["title"], shown["package_count"], len(shown["packages"])) == ("Grünflächenamt", 4, 4)
    for query in (
        f"organization:{stock['office']}",
        f"owner_org:{shown['id']}",
        f'organization:("{stock["office"]}" OR x)',
    ):
        assert (await portal.get(visitor, "package_search", fq=query))["count"] == 4
    names = await portal.get(visitor, "organization_list")
    assert stock["office"] in names
    assert "stadtverwaltung" in names
    assert len(await portal.get(visitor, "organization_list", all_fields="true", limit=1)) == 1
    assert (
        await portal.get(
            visitor,
            "package_search",
            **{"facet.field": '["organization","groups","res_format","license_id"]'},
        )
    )["facets"]["organization"][stock["office"]] == 4


async def test_themes_and_keywords_are_listed(visitor: AsyncClient) -> None:
    """With what is visible only."""
    assert sorted(await portal.get(visitor, "group_list")) == ["envi", "tran"]
    assert (await portal.get(visitor, "group_show", id="tran", include_datasets=True))["package_count"] == 6
    tags = await portal.get(visitor, "tag_list")
    assert "Baum" in tags
    assert "Geheim" not in tags
    assert len((await portal.get(visitor, "tag_show", id="Baum", include_datasets="true"))["packages"]) == 12
    assert await portal.get(visitor, "tag_list", query="wort 1") == ["Wort 1", "Wort 10", "Wort 11"]
    assert len(await portal.get(visitor, "package_autocomplete", q="kataster")) == 1
    assert len(await portal.get(visitor, "current_package_list_with_resources", limit=4, offset=10)) == 3


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("package_search", {"rows": "x"}),
        ("package_search", {"rows": -1}),
        ("package_search", {"sort": "; DROP"}),
        ("package_search", {"sort": "unknown asc"}),
        ("package_search", {"fq": "(tags:a"}),
        ("package_search", {"q": "a:"}),
        ("package_search", {"q": "(" * 500}),
        ("package_search", {"fq": "metadata_modified:[x TO *]"}),
        ("package_search", {"facet.field": '["passwords"]'}),
        ("package_search", {"facet.field": "[1"}),
        ("package_search", {"q": "x" * 9_000}),
        ("package_search", {"q": '"'}),
        ("package_search", {"fq": "tags:[a TO b]"}),
        ("datastore_search", {}),
        ("tag_show", {}),
    ],
)  # fmt: skip
async def test_wrong_parameters_are_a_conflict(
    visitor: AsyncClient, name: str, given: dict[str, Any]
) -> None:
    """409 with the name of the parameter or what is wrong with the query, as CKAN answers."""
    answer = await visitor.get(f"/api/3/action/{name}?{urlencode(given)}")
    assert answer.status_code == 409
    assert answer.json()["error"]["__type"] in ("Validation Error", "Search Query Error")
    assert answer.json()["success"] is False


async def test_a_token_opens_its_room(visitor: AsyncClient, connection: Connection) -> None:
    """Bare in either header, as CKAN's clients send it."""
    row = await (await connection.execute("SELECT id FROM core.dataset WHERE key = 'intern'")).fetchone()
    assert row is not None
    made = await tokens.create(
        connection, name="x", scopes={row[0]: access.VERBS[:1]}, default_dataset_id=None
    )
    for header in ("Authorization", "X-CKAN-API-Key"):
        answer = await visitor.get("/api/3/action/package_show?id=intern", headers={header: made.secret})
        assert answer.status_code == 200
        assert answer.json()["result"]["private"] is True


async def test_bodies_that_are_no_object_are_refused(visitor: AsyncClient) -> None:
    """In CKAN's own words; an unknown action too."""
    deep = b"[" * 9_000 + b"]" * 9_000
    for body in (b"{", b"[1]", b'"x"', b"\xff", b'{"id":"\xff"}', deep):
        answer = await visitor.post("/api/action/package_show", data=body, content_type="application/json")
        assert answer.status_code == 400
        assert answer.json().startswith("Bad request - JSON Error")
    assert (await visitor.get("/api/3/action/sql")).json() == "Bad request - Action name not known: sql"
    assert (await visitor.get("/api/3")).json() == {"version": 3}
    explained = await visitor.get("/api/3/action/help_show?name=package_show")
    assert "dataset" in explained.json()["result"]


def test_a_query_never_pastes_a_value() -> None:
    """Whatever stands in it is bound."""
    seen: list[solr.Value] = []

    def field(value: solr.Value) -> Fragment:
        seen.append(value)
        return Fragment("x = %s", (value.text,))

    reader = solr.Reader(fields={"a": field}, free=field)
    text, params = reader.read('a:("x\'); --" OR y)')
    assert text == "(x = %s OR x = %s)"
    assert params == ("x'); --", "y")
    with pytest.raises(SearchQueryRefused):
        reader.read("b:c")
