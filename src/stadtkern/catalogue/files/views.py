# SPDX-License-Identifier: EUPL-1.2
"""What everybody sees of files: the file to take away, as it is or as it was, and its versions."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from stadtkern.catalogue import machine
from stadtkern.catalogue import queries as datasets
from stadtkern.catalogue.entities import Dataset
from stadtkern.catalogue.files import contents, kinds, queries
from stadtkern.catalogue.files.queries import Version
from stadtkern.catalogue.usage import counting
from stadtkern.catalogue.versions import queries as metadata
from stadtkern.core import audit
from stadtkern.core import settings as core_settings
from stadtkern.identity import permissions
from stadtkern.ui import formats, sending
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import Visit

_LARGEST = 2**31 - 1


@machine.door
async def download(request: HttpRequest, key: str, file: int, number: int | None = None) -> HttpResponseBase:
    """A file as it is now, or one of its versions for good; with a token too."""
    async with machine.opened(request) as visit:
        dataset, everything = await seen(request, visit, key)
        found = await one(visit, dataset, file=file, number=number, everything=everything)
        audit.export()
        await counting.count(request, visit, dataset_id=dataset.id, kind="download")
    return sending.attachment(
        request,
        sending.Sent(
            path=contents.path(core_settings.load(), found.content),
            name=found.name,
            kind=kinds.told(found.format, found.media_type),
            tag=found.sha256[:32],
            modified_at=found.at,
            public=dataset.state == "published" and dataset.room.kind == "public",
        ),
    )


async def listing(request: HttpRequest, key: str, file: int) -> HttpResponse:
    """The versions of a file that one may see."""
    async with visits.open_visit(request) as visit:
        dataset, everything = await seen(request, visit, key)
        found = await queries.versions(
            visit.connection, visit.scope, dataset_id=dataset.id, file=_number(file), everything=everything
        )
        person = await permissions.person(visit, request)
    if not found:
        raise Http404
    organisation = dataset.organisation.id
    context = {
        "dataset": dataset,
        "form": next((each for each in dataset.distributions if each.id == found[0].form_id), None),
        "entries": [(each, formats.size(each.byte_size)) for each in found],
        "may_edit": everything,
        "may_forget": person is not None and person.may(role="steward", organisation_id=organisation),
    }
    return render(request, "catalogue/files/versions.html", context)


async def seen(request: HttpRequest, visit: Visit, key: str) -> tuple[Dataset, bool]:
    """The dataset, and whether whoever asks works on it. Raises Http404."""
    found = await datasets.one(visit.connection, visit.scope, key=key)
    if found is None:
        raise Http404
    audit.only(found.id)
    person = await permissions.person(visit, request)
    return found, metadata.works_on(person, found)


async def one(visit: Visit, dataset: Dataset, *, file: int, number: int | None, everything: bool) -> Version:
    """One version of a file, without a number the one that is shown. Raises Http404."""
    found = await queries.version(
        visit.connection,
        visit.scope,
        dataset_id=dataset.id,
        file=_number(file),
        number=None if number is None else _number(number),
        everything=everything,
    )
    if found is None:
        raise Http404
    return found


def _number(given: int) -> int:
    if given > _LARGEST:
        raise Http404
    return given
