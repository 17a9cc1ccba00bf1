# SPDX-License-Identifier: EUPL-1.2
"""Who harvests `/catalog` gets every published dataset once, page by page or at once, and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
import rdflib
from django.http import StreamingHttpResponse
from django.test import AsyncClient
from rdflib.namespace import DCAT, RDF

from stadtkern.catalogue import operations
from stadtkern.core import access, tokens
from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from tests import browsing, people
from tests.catalogue import records

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")]

HYDRA = rdflib.Namespace("http://www.w3.org/ns/hydra/core#")
KINDS = {
    "ttl": "text/turtle",
    "jsonld": "application/ld+json",
    "rdf": "application/rdf+xml",
    "nt": "application/n-triples",
}
NUMBER = 23


async def _make(connection: Connection, title: str, *, room: str = "public", **more: object) -> UUID:
    made = await operations.create(
        connection,
        by=None,
        room=room,
        kind="files",
        title={"de": title},
        description={"de": "x"},
        **more,  # type: ignore[arg-type]
    )
    await operations.add_distribution(
        connection, by=None, dataset_id=made.id, access_url="https://a.example/b.csv", licence=records.DL_BY
    )
    return made.uuid


@pytest.fixture(scope="module")
async def stock(database: str) -> dict[str, UUID]:
    """Twenty-three published datasets, one draft, one internal, one withdrawn; two are high-value."""
    async with await core_database.connect(url=database, autocommit=True) as connection:
        found = {}
        for number in range(NUMBER):
            more = {"hvd_categories": ["c_b79e35eb"]} if number in (3, 21) else {}
            name = records.NASTY if number == 5 else f"Datensatz {number}"
            found[str(number)] = await _make(connection, name, state="published", **more)
        found["draft"] = await _make(connection, "Entwurf")
        found["internal"] = await _make(connection, "Intern", room="internal", state="published")
        found["withdrawn"] = await _make(connection, "Weg", state="withdrawn")
        return found


@pytest.fixture
async def visitor(stock: dict[str, UUID], database: str) -> AsyncIterator[AsyncClient]:
    """A harvester."""
    async with browsing.pages(url=database) as client:
        yield client


async def _read(
    visitor: AsyncClient, path: str, accept: str = "*/*", **headers: str
) -> tuple[rdflib.Graph, str]:
    answer = await visitor.get(path, headers={"accept": accept, **headers})
    assert answer.status_code == 200, path
    body = (
        b"".join([part async for part in answer])
        if isinstance(answer, StreamingHttpResponse)
        else answer.content
    )
    kind = answer["Content-Type"].partition(";")[0]
    return rdflib.Graph().parse(data=body, format=kind), kind


def _uuids(graph: rdflib.Graph) -> list[UUID]:
    return [UUID(str(value).rpartition("/")[2]) for value in graph.objects(None, DCAT.dataset)]


async def _walk(visitor: AsyncClient, path: str) -> list[UUID]:
    """As a harvester does: follow hydra:next until there is none."""
    found: list[UUID] = []
    visited: set[str] = set()
    while path not in visited:
        visited.add(path)
        graph, _ = await _read(visitor, path, "text/turtle")
        found += _uuids(graph)
        further = next(graph.objects(None, HYDRA.next), None)
        if further is None:
            return found
        assert further == next(graph.objects(None, HYDRA.nextPage), None)
        path = "/" + str(further).split("/", 3)[3]
    raise AssertionError("the pages lead back to themselves")


@pytest.mark.parametrize("limit", [1, 7, 23, 24])
async def test_pages_hold_every_published_dataset_once(
    visitor: AsyncClient, stock: dict[str, UUID], limit: int
) -> None:
    """No draft, nothing withdrawn, nothing from rooms one may not enter."""
    found = await _walk(visitor, f"/catalog?limit={limit}")
    assert sorted(found) == sorted(stock[str(number)] for number in range(NUMBER))


@pytest.mark.parametrize("ending", list(KINDS))
async def test_the_whole_catalogue_comes_at_once(visitor: AsyncClient, ending: str) -> None:
    """In each format, by its ending and by what is accepted."""
    graph, kind = await _read(visitor, f"/catalog.{ending}?limit=all")
    assert kind == KINDS[ending]
    assert len(_uuids(graph)) == len(list(graph.subjects(RDF.type, DCAT.Dataset))) == NUMBER
    assert str(next(graph.objects(None, HYDRA.totalItems), None)) == str(NUMBER)
    assert next(graph.objects(None, HYDRA.next), None) is None
    assert (await _read(visitor, "/catalog", KINDS[ending]))[1] == kind
    catalogue = next(graph.subjects(RDF.type, DCAT.Catalog))
    assert str(catalogue).endswith("/catalog")


async def test_high_value_datasets_can_be_had_alone(visitor: AsyncClient, stock: dict[str, UUID]) -> None:
    """The annex of Regulation (EU) 2023/138."""
    assert await _walk(visitor, "/catalog/hvd?limit=1") == [stock["3"], stock["21"]]
    assert len(_uuids((await _read(visitor, "/catalog/hvd.rdf"))[0])) == 2


async def test_a_dataset_has_a_document_of_its_own(visitor: AsyncClient, stock: dict[str, UUID]) -> None:
    """And browsers are led to its page."""
    for ending in KINDS:
        graph, _ = await _read(visitor, f"/catalog/datasets/{stock['5']}.{ending}")
        assert rdflib.Literal(records.NASTY, lang="de") in set(graph.objects())
    answer = await visitor.get(f"/catalog/datasets/{stock['1']}", headers={"accept": "text/html"})
    assert (answer.status_code, answer["Location"]) == (303, "/daten/datensatz-1")
    answer = await visitor.get("/catalog", headers={"accept": "text/html"})
    assert (answer.status_code, answer["Location"]) == (303, "/daten")


@pytest.mark.parametrize("name", ["draft", "internal", "withdrawn"])
async def test_what_is_hidden_is_not_found(visitor: AsyncClient, stock: dict[str, UUID], name: str) -> None:
    """The same answer as for what was never there."""
    answers = [await visitor.get(f"/catalog/datasets/{uuid}.ttl") for uuid in (stock[name], UUID(int=7))]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content.replace(
        str(UUID(int=7)).encode(), str(stock[name]).encode()
    )


async def test_rooms_open_to_who_may_enter_them(
    visitor: AsyncClient, stock: dict[str, UUID], connection: Connection
) -> None:
    """By session and by token; drafts are exported for nobody."""
    somebody = await people.person(connection, role="editor", organisation_id=await people.city(connection))
    visitor.cookies["sessionid"] = somebody.cookie
    inside = await _walk(visitor, "/catalog?limit=10")
    visitor.cookies.clear()
    assert set(inside) == {stock["internal"], *(stock[str(number)] for number in range(NUMBER))}
    row = await (await connection.execute("SELECT id FROM core.dataset WHERE key = 'intern'")).fetchone()
    assert row is not None
    made = await tokens.create(
        connection, name="x", scopes={row[0]: access.VERBS[:1]}, default_dataset_id=None
    )
    graph, _ = await _read(
        visitor, f"/catalog/datasets/{stock['internal']}.nt", authorization=f"Bearer {made.secret}"
    )
    assert "access-right/NON_PUBLIC" in graph.serialize(format="nt")
    answer = await visitor.get("/catalog.ttl", headers={"authorization": "Bearer wrong"})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "path",
    ["/catalog?limit=0", "/catalog?limit=1001", "/catalog?limit=-1", "/catalog?after=x", "/catalog?after=all",
     "/catalog?limit=%00", "/catalog?after=99999999999999999999", "/catalog.xls", "/catalog/hvd.xls"],
)  # fmt: skip
async def test_bad_questions_are_answered_plainly(visitor: AsyncClient, path: str) -> None:
    """As problem+json, with what to do about it."""
    answer = await visitor.get(path)
    assert answer.status_code in (400, 404)
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["remedy"]
    assert (await visitor.post("/catalog")).status_code == 405


async def test_other_sites_may_read_it(visitor: AsyncClient) -> None:
    """And caches in between know what the answer depends on."""
    answer = await visitor.get("/catalog.ttl?limit=1")
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "Accept" in answer["Vary"]
    assert answer["X-Content-Type-Options"] == "nosniff"


async def test_what_shapes_miss_is_listed(visitor: AsyncClient, stock: dict[str, UUID]) -> None:
    """Our own checks of everything published, for whoever looks after the catalogue."""
    answer = await visitor.get("/catalog/checks")
    found = {entry["dataset"].rpartition("/")[2]: entry["findings"] for entry in answer.json()["datasets"]}
    assert ("services", "HVD") in {(each["field"], each["rule"]) for each in found[str(stock["3"])]}
    assert str(stock["draft"]) not in found
