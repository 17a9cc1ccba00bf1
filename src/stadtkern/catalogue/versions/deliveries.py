# SPDX-License-Identifier: EUPL-1.2
"""Pages of the data's versions: the deliveries, one of them for good, bringing it back, removing old ones."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from stadtkern.catalogue import queries as datasets
from stadtkern.catalogue.browse import tables
from stadtkern.catalogue.entities import Dataset
from stadtkern.catalogue.versions import queries as metadata
from stadtkern.catalogue.versions import rows
from stadtkern.core import audit
from stadtkern.features import queries as features
from stadtkern.features.entities import Collection
from stadtkern.features.versions import differences, keeping, queries, restoring
from stadtkern.features.versions.differences import TooLargeToCompare
from stadtkern.features.versions.queries import Version
from stadtkern.identity import permissions
from stadtkern.identity.permissions import Person
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import Visit

_LARGEST = 2**31 - 1
_ROWS = 10
_FORMS = (("csv", "CSV"), ("geojson", "GeoJSON"), ("xlsx", "Excel"), ("parquet", "Parquet"))


class Seen(NamedTuple):
    """A dataset's table and who looks at its versions."""

    dataset: Dataset
    collection: Collection
    others: list[Collection]
    person: Person | None
    everything: bool

    @property
    def query(self) -> str:
        """What an address needs so that it means this table, of a dataset that has several."""
        return "?" + urlencode({"tabelle": self.collection.key}) if self.others else ""


async def listing(request: HttpRequest, key: str) -> HttpResponse:
    """All deliveries that one may see, each with what it changed."""
    async with visits.open_visit(request) as visit:
        seen = await _seen(request, visit, key)
        found = await _versions(visit, seen)
    visible = frozenset(version.number for version in found)
    entries = [
        (
            version,
            rows.size(version.collection),
            rows.MODES[version.mode],
            rows.summary(version, visible=visible),
        )
        for version in found
    ]
    context = {"seen": seen, "dataset": seen.dataset, "entries": entries}
    return render(request, "catalogue/versions/deliveries.html", context)


async def one(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """One delivery for good: its rows, its files, and what differs from another one."""
    async with visits.open_visit(request) as visit:
        seen = await _seen(request, visit, key)
        version = await _version(visit, seen, number)
        all_ = await _versions(visit, seen)
        asked = request.GET.get("mit", "")
        wanted = int(asked) if asked.isdecimal() and len(asked) < 9 else None
        other = _other(all_, version, wanted)
        source = queries.Kept(version)
        page = await features.page(visit.connection, visit.scope, collection=source, limit=_ROWS)
        context = {
            "seen": seen,
            "dataset": seen.dataset,
            "version": version,
            "size": rows.size(version.collection),
            "mode": rows.MODES[version.mode],
            "preview": rows.table_of(version.collection, page.rows, visit),
            "files": _files(version),
            "other": other,
            "others": [each for each in all_ if each.number != number],
            **await _comparison(visit, old=other, new=version),
        }
    return render(request, "catalogue/versions/delivery.html", context)


async def restore(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """Show an older delivery again, after showing what that changes.

    What not everybody could see is let out by publishers only.
    """
    async with visits.open_visit(request) as visit:
        await permissions.require_signed_in(request, visit.connection)
        seen = await _seen(request, visit, key)
        person = await _require(request, visit, seen, role="editor")
        version = await _version(visit, seen, number)
        if not version.public and seen.dataset.state == "published":
            person = await _require(request, visit, seen, role="publisher")
        if request.method == "POST":
            await restoring.restore(
                visit.connection, collection=seen.collection, version=version, by=person.principal_id
            )
            return redirect(reverse("data-versions", args=[key]) + seen.query)
        newest = (await _versions(visit, seen))[0]
        context = {
            "seen": seen,
            "dataset": seen.dataset,
            "version": version,
            "shown": newest.number == version.number,
            **await _comparison(visit, old=newest, new=version),
        }
    return render(request, "catalogue/versions/delivery_restore.html", context)


async def forget(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """Remove an older delivery, with those before it, for good; stewards only."""
    async with visits.open_visit(request) as visit:
        await permissions.require_signed_in(request, visit.connection)
        seen = await _seen(request, visit, key)
        await _require(request, visit, seen, role="steward")
        version = await _version(visit, seen, number)
        if request.method == "POST":
            await keeping.forget(visit.connection, collection_id=seen.collection.id, number=version.number)
            return redirect(reverse("data-versions", args=[key]) + seen.query)
        gone = [each for each in await _versions(visit, seen) if each.number <= number and each.ended_at]
    context = {"seen": seen, "dataset": seen.dataset, "version": version, "gone": gone}
    return render(request, "catalogue/versions/delivery_forget.html", context)


async def _require(request: HttpRequest, visit: Visit, seen: Seen, *, role: str) -> Person:
    return await permissions.require_for_dataset(
        request, visit.connection, visit.scope, dataset_id=seen.dataset.id, role=role
    )


async def _seen(request: HttpRequest, visit: Visit, key: str) -> Seen:
    """The dataset and its table, the first one unless another one is named."""
    dataset = await datasets.one(visit.connection, visit.scope, key=key)
    if dataset is None:
        raise Http404
    audit.only(dataset.id)
    found, others = await tables.chosen(request, visit, dataset)
    person = await permissions.person(visit, request)
    return Seen(dataset, found, others, person, metadata.works_on(person, dataset))


async def _versions(visit: Visit, seen: Seen) -> list[Version]:
    return await queries.versions(
        visit.connection, visit.scope, collection=seen.collection, everything=seen.everything
    )


async def _version(visit: Visit, seen: Seen, number: int) -> Version:
    if number > _LARGEST:
        raise Http404
    return await queries.version(
        visit.connection, visit.scope, collection=seen.collection, everything=seen.everything, number=number
    )


def _other(all_: list[Version], version: Version, wanted: int | None) -> Version | None:
    """What to compare with: the one that was asked for, else the one before."""
    if wanted is not None:
        return next((each for each in all_ if each.number == wanted != version.number), None)
    return next((each for each in all_ if each.number < version.number), None)


async def _comparison(visit: Visit, *, old: Version | None, new: Version) -> dict[str, Any]:
    if old is None or old.number == new.number:
        return {}
    try:
        found = await differences.between(visit.connection, visit.scope, old=old, new=new)
    except TooLargeToCompare:
        return {"too_large": True}
    return {"comparison": rows.comparison(found, old=old, new=new, visit=visit)}


def _files(version: Version) -> list[tuple[str, str]]:
    """Each form of the rows with its address, which stays."""
    base = f"/ogc/collections/{version.collection.key}/versions/{version.number}/download."
    return [
        (title, base + name) for name, title in _FORMS if name != "geojson" or version.collection.geometry
    ]
