# SPDX-License-Identifier: EUPL-1.2
"""Pages of versions: what changed when, one version for good, and bringing it back."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from stadtkern.catalogue import queries as datasets
from stadtkern.catalogue.entities import Dataset
from stadtkern.catalogue.versions import differences, operations, queries
from stadtkern.catalogue.versions.queries import Version
from stadtkern.core import audit
from stadtkern.identity import permissions
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import Visit

_LARGEST = 2**31 - 1


async def listing(request: HttpRequest, key: str) -> HttpResponse:
    """All versions that one may see, each with what it changed."""
    async with visits.open_visit(request) as visit:
        dataset, everything = await _dataset(request, visit, key)
        found = await queries.versions(visit.connection, visit.scope, dataset=dataset, everything=everything)
    zone = visit.city.zone
    older = [*found[1:], None]
    entries = [
        (version, differences.between(before.document, version.document, zone=zone) if before else None)
        for version, before in zip(found, older, strict=True)
    ]
    return render(request, "catalogue/versions/list.html", {"dataset": dataset, "entries": entries})


async def one(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """One version for good, and what differs from another one."""
    async with visits.open_visit(request) as visit:
        dataset, everything = await _dataset(request, visit, key)
        version = await _version(visit, dataset, everything, number)
        all_ = await queries.versions(visit.connection, visit.scope, dataset=dataset, everything=everything)
    asked = request.GET.get("mit", "")
    wanted = int(asked) if asked.isdecimal() and len(asked) < 9 else number - 1
    other = next((each for each in all_ if each.number == wanted), None)
    context = {
        "dataset": dataset,
        "version": version,
        "other": other,
        "others": [each for each in all_ if each.number != number],
        "differences": differences.between(other.document, version.document, zone=visit.city.zone)
        if other
        else [],
        "described": differences.described(version.document, zone=visit.city.zone),
        "forms": differences.forms(version.document, zone=visit.city.zone),
        "may_restore": everything and bool(all_) and all_[0].number != number,
    }
    return render(request, "catalogue/versions/version.html", context)


async def restore(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """Bring a version back, after showing what that changes."""
    async with visits.open_visit(request) as visit:
        await permissions.require_signed_in(request, visit.connection)
        dataset, _ = await _dataset(request, visit, key)
        person = await permissions.require_for_dataset(
            request, visit.connection, visit.scope, dataset_id=dataset.id, role="editor"
        )
        version = await _version(visit, dataset, True, number)
        if request.method == "POST":
            await operations.restore(visit.connection, by=person, dataset=dataset, version=version)
            return redirect("versions", key=key)
        newest = await queries.versions(visit.connection, visit.scope, dataset=dataset, everything=True)
    context = {
        "dataset": dataset,
        "version": version,
        "differences": differences.between(
            newest[0].document,
            operations.outcome(newest[0].document, version.document),
            zone=visit.city.zone,
        ),
    }
    return render(request, "catalogue/versions/restore.html", context)


async def _dataset(request: HttpRequest, visit: Visit, key: str) -> tuple[Dataset, bool]:
    """The dataset, and whether whoever asks works on it."""
    found = await datasets.one(visit.connection, visit.scope, key=key)
    if found is None:
        raise Http404
    audit.only(found.id)
    person = await permissions.person(visit, request)
    return found, queries.works_on(person, found)


async def _version(visit: Visit, dataset: Dataset, everything: bool, number: int) -> Version:
    found = None
    if number <= _LARGEST:
        found = await queries.version(
            visit.connection, visit.scope, dataset=dataset, everything=everything, number=number
        )
    if found is None:
        raise Http404
    return found
