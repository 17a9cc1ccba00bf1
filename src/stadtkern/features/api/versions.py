# SPDX-License-Identifier: EUPL-1.2
"""Older versions of a collection: which there are, and each one's rows under an address that stays."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from stadtkern.core import audit, times
from stadtkern.features import queries as collections
from stadtkern.features.api import answers, documents, downloads, parameters
from stadtkern.features.api.call import Call, Seen
from stadtkern.features.sources import Source
from stadtkern.features.versions import queries
from stadtkern.features.versions.queries import Kept, NoSuchVersion, Version

_LARGEST = 2**62


async def listing(call: Call, key: str) -> Response:
    """The versions that the asker may see, newest first."""
    parameters.known(call.parameters, ("f",))
    if call.parameters.get("f", "json") != "json":
        raise answers.NoSuchForm("the list of versions is JSON", where="f")
    async with call.reading() as seen:
        collection = await collections.find(seen.connection, seen.scope, key=key)
        everything = await _everything(call, seen, collection.dataset_id)
        found = await queries.versions(
            seen.connection, seen.scope, collection=collection, everything=everything
        )
    audit.only(collection.dataset_id)
    address = f"{call.service}/collections/{quote(key)}/versions"
    return answers.document(
        {
            "links": [documents.link("self", address, answers.JSON, "JSON")],
            "versions": [_version(version, address) for version in found],
        }
    )


def finder(call: Call, *, key: str, number: str) -> downloads.Find:
    """What finds a version as a source of rows. It raises NoSuchCollection, NoSuchVersion."""

    async def find(seen: Seen) -> Source:
        collection = await collections.find(seen.connection, seen.scope, key=key)
        if not (number.isascii() and number.isdecimal()) or int(number[:20]) > _LARGEST:
            raise NoSuchVersion(number[:40])
        found = await queries.version(
            seen.connection,
            seen.scope,
            collection=collection,
            everything=await _everything(call, seen, collection.dataset_id),
            number=int(number),
        )
        return Kept(found)

    return find


async def _everything(call: Call, seen: Seen, dataset_id: int) -> bool:
    """Whether whoever asks works on the dataset; a token does not, whoever made it."""
    principal = await call.principal()
    person = principal.id if principal.kind == "person" else None
    return await queries.works_on(seen.connection, person_id=person, dataset_id=dataset_id)


def _version(version: Version, address: str) -> documents.Node:
    collection = version.collection
    found: documents.Node = {
        "number": version.number,
        "at": times.format_instant(version.at),
        "itemCount": collection.n,
        "links": [
            documents.link("enclosure", f"{address}/{version.number}/download.{name}", form.kind, form.title)
            for name, form in downloads.FORMS.items()
            if collection.geometry or not form.spatial
        ],
    }
    if version.ended_at is not None:
        found["until"] = times.format_instant(version.ended_at)
    if version.restored_from is not None:
        found["restoredFrom"] = version.restored_from
    return found
