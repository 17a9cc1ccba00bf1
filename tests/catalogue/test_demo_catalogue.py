# SPDX-License-Identifier: EUPL-1.2
"""What the demo city's catalogue tells other portals holds against the German shapes and our own checks."""

from __future__ import annotations

from pathlib import Path

import pyshacl
import pytest
import rdflib
from django.test import AsyncClient
from rdflib.namespace import DCAT, RDF

from stadtkern.catalogue import upkeep
from stadtkern.city.demo import sets
from stadtkern.core import database as core_database
from stadtkern.core import datasets

pytestmark = pytest.mark.anyio
SHAPES = Path(__file__).parent / "shapes"
# Demo data have no office that answers, and the demo city is no supplier of GovData.
KNOWN = {("contact", "vcard:Kind"), ("organisation", "K12")}


async def test_the_demos_catalogue_conforms(visitor: AsyncClient, database: str) -> None:
    """No finding of the shapes; of our own checks only what a made-up city cannot have."""
    open_ = [each for each in sets.SETS if each.room == "public"]
    async with await core_database.connect(url=database, autocommit=True) as connection:
        for each in open_:
            await datasets.save(connection, key=each.key, room=each.room, about=each.about)
    await upkeep.once(url=database)
    answer = await visitor.get("/catalog.ttl")
    turtle = b"".join([piece async for piece in answer.streaming_content])
    graph = rdflib.Graph().parse(data=turtle, format="turtle")
    assert len(set(graph.subjects(RDF.type, DCAT.Dataset))) == len(open_)
    for name in ("dcat-ap-spec-german-additions.ttl", "dcat-ap-de-deprecated.ttl"):
        shapes = rdflib.Graph().parse(SHAPES / name)
        _, report, _ = pyshacl.validate(graph, shacl_graph=shapes, do_owl_imports=False, allow_warnings=False)
        assert isinstance(report, rdflib.Graph)
        assert sorted(map(str, report.objects(None, rdflib.SH.resultMessage))) == []
    found = (await visitor.get("/catalog/checks")).json()["datasets"]
    rules = {(finding["field"], finding["rule"]) for each in found for finding in each["findings"]}
    assert rules <= KNOWN
