# SPDX-License-Identifier: EUPL-1.2
"""Catalogues of somebody else, and runs that take them in."""

from __future__ import annotations

from typing import Any

from stadtkern.catalogue import queries
from stadtkern.catalogue.dcat import describe, writers
from stadtkern.catalogue.dcat.places import Addresses
from stadtkern.catalogue.entities import Dataset
from stadtkern.catalogue.harvest import jobs, pages, store
from stadtkern.catalogue.harvest.entities import Run, Source, run
from stadtkern.core import access, statements
from stadtkern.core.database import Connection
from stadtkern.core.fetching import Fetcher
from tests import people
from tests.core import sources

EVERYTHING = access.Scope((), True)
OWN = "https://hier.example"
FETCHER = Fetcher(allowed=("127.0.0.0/8",), most_bytes=pages.MOST_BYTES)
ELSEWHERE = Addresses("https://anderswo.example")
KINDS = {
    "ttl": "text/turtle",
    "rdf": "application/rdf+xml",
    "jsonld": "application/ld+json",
    "nt": "application/n-triples",
}


def document(about: list[Dataset], ending: str = "ttl", further: str = "") -> bytes:
    """A catalogue, perhaps with a next page, as somebody would send it."""
    resources = (each for dataset in about for each in describe.dataset(ELSEWHERE, dataset))
    text = "".join(writers.document(writers.BY_ENDING[ending], resources))
    if further:
        text += f"\n<http://x.example/page> <http://www.w3.org/ns/hydra/core#next> <{further}> .\n"
    return sources.answer(text.encode(), kind=KINDS[ending])


async def source_of(connection: Connection, url: str, **more: Any) -> Source:
    """A source that is due and ours."""
    given = {
        "title": "Quelle", "url": url, "kind": "dcat",
        "organisation_id": await people.organisation(connection),
        "room_key": "public", "publish": True, "every_hours": 24, "grace_days": 14, "by": None,
    } | more  # fmt: skip
    await connection.execute(statements.load("catalogue")["harvest_create"], given)
    found = await store.claim(connection)
    assert found is not None
    assert found.url == url
    return found


async def harvest(connection: Connection, source: Source) -> Run:
    """Run a source that is ours, make it ours again, and say what came of it."""
    await jobs.harvest(connection, source, fetcher=FETCHER, own=OWN)
    await connection.execute(
        "UPDATE catalogue.harvest_source SET lease = %s, lease_until = now() + interval '1 h' WHERE id = %s",
        [source.lease, source.id],
    )
    rows = await connection.execute(statements.load("catalogue")["harvest_runs"], {"source_id": source.id})
    return run((await rows.fetchall())[0])


async def stored(connection: Connection, source: Source) -> dict[str, Dataset]:
    """The datasets of a source by their identifiers there."""
    cursor = await connection.execute(
        "SELECT identifier, dataset_id FROM catalogue.harvest_record WHERE source_id = %s", [source.id]
    )
    found = {}
    for identifier, dataset_id in await cursor.fetchall():
        dataset = await queries.one(connection, EVERYTHING, dataset_id=dataset_id)
        assert dataset is not None
        found[identifier] = dataset
    return found
