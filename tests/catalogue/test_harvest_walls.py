# SPDX-License-Identifier: EUPL-1.2
"""No source can hang a harvest, empty the catalogue, or reach where it should not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from stadtkern.catalogue.harvest import jobs, pages, store
from stadtkern.core import statements
from stadtkern.core.database import Connection
from stadtkern.core.fetching import Fetcher
from tests.catalogue import harvesting, records
from tests.core import sources

pytestmark = pytest.mark.anyio


@pytest.fixture
async def web() -> AsyncIterator[sources.Source]:
    """A web server of somebody else."""
    async with sources.running() as started:
        yield started


def _turtle(text: str) -> bytes:
    return sources.answer(text.encode(), kind="text/turtle")


BOMB = """<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">&b;</rdf:RDF>"""
XXE = BOMB.replace('<!ENTITY a "aaaaaaaaaa">', '<!ENTITY a SYSTEM "file:///etc/passwd">')


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (_turtle("<a> <b> ."), "cannot be read as turtle"),
        (_turtle("@prefix x: <"), "cannot be read as turtle"),
        (sources.answer(BOMB.encode(), kind="application/rdf+xml"), "entities"),
        (sources.answer(XXE.encode(), kind="application/xml"), "entities"),
        (sources.answer(b"<a>", kind="application/rdf+xml"), "well-formed"),
        (sources.answer(b"{", kind="application/ld+json"), "cannot be read as json-ld"),
        (sources.answer(b"<html>", kind="text/html"), "no_rdf"),
        (sources.answer(b"", status="503 Away"), "status 503"),
        (sources.redirect("http://169.254.169.254/latest"), "not a public address"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n@prefix", "broke off"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", "announces"),
    ],
)
async def test_what_is_no_catalogue_is_said_to_be_none(
    connection: Connection, web: sources.Source, reply: bytes, words: str
) -> None:
    """The run fails with words that help, and nothing is withdrawn."""
    web.replies["/c"] = harvesting.document([records.record(1)])
    source = await harvesting.source_of(connection, f"{web.url}/c")
    await harvesting.harvest(connection, source)
    web.replies["/c"] = reply
    done = await harvesting.harvest(connection, source)
    assert done.state == "failed"
    assert words in done.message
    assert [each.state for each in (await harvesting.stored(connection, source)).values()] == ["published"]


async def test_a_document_cannot_make_us_fetch_another(connection: Connection, web: sources.Source) -> None:
    """A context elsewhere (JSON-LD), even on a host that could be reached, is never asked for."""
    web.replies["/context"] = sources.answer(b"{}", kind="application/ld+json")
    text = msgspec.json.encode({"@context": f"{web.url}/context", "@graph": []})
    web.replies["/c"] = sources.answer(text, kind="application/ld+json")
    source = await harvesting.source_of(connection, f"{web.url}/c")
    done = await harvesting.harvest(connection, source)
    assert (done.state, "not fetched" in done.message) == ("failed", True)
    assert web.asked == ["/c"]


async def test_a_source_inside_is_not_asked(connection: Connection, web: sources.Source) -> None:
    """Unless a setting permits it."""
    source = await harvesting.source_of(connection, f"{web.url}/c")
    await jobs.harvest(connection, source, fetcher=Fetcher(), own=harvesting.OWN)
    assert not web.asked


@pytest.mark.parametrize("further", ["/c", "/d"])
async def test_pages_that_lead_in_circles_end(
    connection: Connection, web: sources.Source, further: str
) -> None:
    """An address that comes again, and other addresses that say the same."""
    web.replies["/c"] = web.replies["/d"] = harvesting.document(
        [records.record(2)], further=web.url + further
    )
    source = await harvesting.source_of(connection, f"{web.url}/c")
    done = await harvesting.harvest(connection, source)
    assert (done.state, done.tally.pages) == ("failed", 1)
    assert done.message.startswith("comes_again ")


async def test_pages_without_end_end(
    connection: Connection, web: sources.Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ever new pages with ever new datasets."""
    monkeypatch.setattr(pages, "MOST_PAGES", 3)
    web.replies["/c"] = lambda _: harvesting.document(
        [records.record(100 + len(web.asked))], further=f"{web.url}/c?{len(web.asked)}"
    )
    source = await harvesting.source_of(connection, f"{web.url}/c")
    done = await harvesting.harvest(connection, source)
    assert (done.state, done.message.startswith("too_many_pages ")) == ("failed", True)


async def test_time_is_bounded(
    connection: Connection, web: sources.Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading a document, and the whole run."""
    web.replies["/c"] = harvesting.document([records.record(3)])
    source = await harvesting.source_of(connection, f"{web.url}/c")
    monkeypatch.setattr(pages, "_PARSE_SECONDS", 0.01)
    assert (await harvesting.harvest(connection, source)).message.startswith("slow_to_read ")
    monkeypatch.setattr(pages, "_PARSE_SECONDS", 60)
    never = asyncio.Event()

    async def silent(target: str) -> bytes:
        await never.wait()
        return b""

    web.replies["/c"] = silent
    monkeypatch.setattr(jobs, "RUN_SECONDS", 0.05)
    assert (await harvesting.harvest(connection, source)).message.startswith("took_too_long ")
    never.set()


async def test_one_bad_record_harms_no_other(connection: Connection, web: sources.Source) -> None:
    """What was wrong is kept with its identifier."""
    kind = b"<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
    bare = b"<https://x.example/bare> " + kind + b" <http://www.w3.org/ns/dcat#Dataset> .\n"
    text = harvesting.document([records.record(4)], "nt").partition(b"\r\n\r\n")[2] + bare
    web.replies["/c"] = sources.answer(text, kind="application/n-triples")
    source = await harvesting.source_of(connection, f"{web.url}/c")
    done = await harvesting.harvest(connection, source)
    assert (done.state, done.tally.created, done.tally.refused) == ("done", 1, 1)
    rows = await connection.execute(statements.load("catalogue")["harvest_findings"], {"run_id": done.id})
    assert await rows.fetchall() == [("https://x.example/bare", "no_title")]


async def test_a_source_is_harvested_by_one_at_a_time(connection: Connection, web: sources.Source) -> None:
    """The lease keeps others out; whoever lost it stops, and whose lease ran out is followed by another."""
    web.replies["/c"] = harvesting.document([records.record(5)])
    source = await harvesting.source_of(connection, f"{web.url}/c")
    assert await store.claim(connection) is None
    await connection.execute("UPDATE catalogue.harvest_source SET lease_until = now() - interval '1 s'")
    second = await store.claim(connection)
    assert second is not None
    assert second.lease != source.lease
    await jobs.harvest(connection, source, fetcher=harvesting.FETCHER, own=harvesting.OWN)
    done = await harvesting.harvest(connection, second)
    rows = await connection.execute(statements.load("catalogue")["harvest_runs"], {"source_id": source.id})
    assert [(row[1]) for row in await rows.fetchall()] == ["done", "abandoned"]
    assert done.state == "done"


async def test_a_run_that_is_stopped_begins_anew(connection: Connection, web: sources.Source) -> None:
    """A restart of the process neither loses the run nor holds the source."""
    asked, never = asyncio.Event(), asyncio.Event()

    async def silent(target: str) -> bytes:
        asked.set()
        await never.wait()
        return b""

    web.replies["/c"] = silent
    source = await harvesting.source_of(connection, f"{web.url}/c")
    harvest = jobs.harvest(connection, source, fetcher=harvesting.FETCHER, own=harvesting.OWN)
    running = asyncio.create_task(harvest)
    await asked.wait()
    running.cancel()
    await asyncio.wait([running])
    never.set()
    again = await store.claim(connection)
    assert again is not None
    assert again.id == source.id
    rows = await connection.execute(statements.load("catalogue")["harvest_runs"], {"source_id": source.id})
    assert [row[1] for row in await rows.fetchall()] == ["abandoned"]


async def test_after_a_run_the_next_one_is_due_later(connection: Connection, web: sources.Source) -> None:
    """After a day, or after an hour where it failed."""
    source = await harvesting.source_of(connection, f"{web.url}/none")
    assert not await jobs.once(connection, fetcher=harvesting.FETCHER, own=harvesting.OWN)
    await jobs.harvest(connection, source, fetcher=harvesting.FETCHER, own=harvesting.OWN)
    row = await (
        await connection.execute(
            "SELECT next_at < now() + interval '61 min', lease FROM catalogue.harvest_source WHERE id = %s",
            [source.id],
        )
    ).fetchone()
    assert row == (True, None)


def _packages(number: int) -> list[dict[str, Any]]:
    return [
        {
            "id": f"00000000-0000-0000-0000-{n:012}", "name": f"paket-{n}", "title": f"Paket {n}",
            "notes": "Text",
            "license_id": "dl-de/by-2-0", "metadata_modified": "2024-05-06T07:08:09.000010",
            "state": "active",
            "tags": [{"name": "Baum"}], "groups": [{"name": "envi"}, {"name": "sonstiges"}],
            "extras": [{"key": "spatial", "value": '{"type":"Point","coordinates":[7.6,51.9]}'},
                       {"key": "x", "value": None}],
            "resources": [{"url": "https://a.example/b.csv", "format": "csv", "name": "CSV",
                           "mimetype": "text/csv"},
                          {"url": "javascript:alert(1)"}],
        }
        for n in range(number)
    ]  # fmt: skip


def _portal(packages: list[dict[str, Any]], *, deaf: bool = False) -> Any:
    """Answers `package_search`; a deaf one gives its first page whatever `start` says."""

    def reply(target: str) -> bytes:
        asked = parse_qs(urlsplit(target).query)
        start = 0 if deaf else int(asked["start"][0])
        found = packages[start : start + int(asked["rows"][0])]
        document = {"success": True, "result": {"count": len(packages), "results": found}}
        return sources.answer(msgspec.json.encode(document), kind="application/json")

    return reply


@pytest.mark.parametrize("deaf", [False, True])
async def test_a_portal_of_ckan_is_read_to_its_end(
    connection: Connection, web: sources.Source, deaf: bool
) -> None:
    """Page by page, each package once, also where the portal ignores what page is asked for."""
    web.replies["/portal/api/3/action/package_search"] = _portal(_packages(100 if deaf else 130), deaf=deaf)
    source = await harvesting.source_of(connection, f"{web.url}/portal/", kind="ckan")
    done = await harvesting.harvest(connection, source)
    assert (done.state, done.tally.created, done.tally.refused) == ("done", 100 if deaf else 130, 0)
    assert len(web.asked) == (2 if deaf else 3)
    found = (await harvesting.stored(connection, source))["00000000-0000-0000-0000-000000000007"]
    assert (found.title, found.themes, found.keywords) == ({"de": "Paket 7"}, ("ENVI",), {"de": ("Baum",)})
    assert found.distributions[0].licence == "http://dcat-ap.de/def/licenses/dl-by-de/2.0"
    assert (len(found.distributions), found.distributions[0].format) == (1, "CSV")
    assert found.spatial == {"type": "Point", "coordinates": [7.6, 51.9]}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"success":false}',
        b'{"success":true,"result":{"results":[1]}}',
        b"<html>",
        b"[" * 100_000 + b"]" * 100_000,
        b'{"success":true,"result":{"results":"\xff"}}',
    ],
    ids=lambda body: body.decode(errors="replace")[:40] or "nothing",
)
async def test_what_is_no_portal_is_said_to_be_none(
    connection: Connection, web: sources.Source, body: bytes
) -> None:
    """A page in the way, an error, another API."""
    web.replies["/api/3/action/package_search"] = sources.answer(body, kind="application/json")
    source = await harvesting.source_of(connection, web.url, kind="ckan")
    done = await harvesting.harvest(connection, source)
    assert (done.state, "ckan" in done.message) == ("failed", True)


async def test_strange_packages_harm_nothing(connection: Connection, web: sources.Source) -> None:
    """Lists that are none, brackets without end, times beyond the calendar."""
    given = _packages(4)
    given[0] |= {"groups": 5, "tags": 5, "resources": 5, "extras": 5}
    given[1]["extras"] = [{"key": "spatial", "value": '{"coordinates":' + "[" * 5_000 + "]" * 5_000 + "}"}]
    given[2] |= {"metadata_modified": "9999-12-31T23:59:59-05:00"}
    web.replies["/api/3/action/package_search"] = _portal(given)
    source = await harvesting.source_of(connection, web.url, kind="ckan")
    done = await harvesting.harvest(connection, source)
    assert (done.state, done.tally.created, done.tally.refused) == ("done", 4, 0)


async def test_a_mistake_of_ours_ends_the_run_with_words(
    connection: Connection, web: sources.Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is not repeated at every end of the lease."""
    web.replies["/api/3/action/package_search"] = _portal(_packages(1))
    source = await harvesting.source_of(connection, web.url, kind="ckan")
    monkeypatch.setattr(pages.packages, "page", lambda *_, **__: 1 / 0)
    done = await harvesting.harvest(connection, source)
    assert (done.state, "ZeroDivisionError" in done.message) == ("failed", True)
