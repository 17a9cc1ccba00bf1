# SPDX-License-Identifier: EUPL-1.2
"""The door to all readings of a dataset: sent while they are read, or made as a file and sent in part."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect

from stadtkern.catalogue import machine
from stadtkern.catalogue import queries as datasets
from stadtkern.catalogue.takeaway import forms, walk
from stadtkern.catalogue.takeaway.walk import Series
from stadtkern.catalogue.usage import counting
from stadtkern.core import audit, disk, times
from stadtkern.core import settings as core_settings
from stadtkern.features.api import files
from stadtkern.ui import sending

# So many series go into an address.
_MOST_NAMED = 500
# So long it is known since when a file is as it is, after a newer one was asked for.
_REMEMBERED = timedelta(days=30)


@machine.door
async def readings(request: HttpRequest, key: str, form: str) -> HttpResponseBase:
    """All readings as CSV or Parquet, the newest as Excel; with a token too. Raises ReadingsAreArchived."""
    if form not in forms.FORMS:
        raise Http404
    async with machine.opened(request) as visit:
        dataset = await datasets.one(visit.connection, visit.scope, key=key)
        if dataset is None or dataset.kind != "series":
            raise Http404
        audit.only(dataset.id)
        audit.export()
        found = await walk.series(visit, dataset_id=dataset.id)
        tag = walk.tag(found, form=f"{form} {forms.EDITION}")
        most = forms.FORMS[form].most
        if most is not None:
            found = await walk.newest(visit.connection, found, most=most)
        here = await walk.here(visit.connection, found)
        await counting.count(request, visit, dataset_id=dataset.id, kind="download")
    if not here:
        if form == "csv" and len(found) <= _MOST_NAMED:
            return _brought_back(found)
        raise walk.ReadingsAreArchived
    folder = files.downloads(core_settings.load())
    sent = sending.Sent(
        path=folder / f"{tag}.{form}",
        name=f"{key}.{form}",
        kind=forms.FORMS[form].kind,
        tag=tag,
        modified_at=await asyncio.to_thread(_since, folder, f"{dataset.id}-{form}", tag),
        public=dataset.state == "published" and dataset.room.kind == "public",
    )
    return await _answer(request, sent, found, form=form)


async def _answer(
    request: HttpRequest, sent: sending.Sent, found: Sequence[Series], *, form: str
) -> HttpResponseBase:
    """What of it has to be sent, made where it is not there."""
    known = sending.unchanged(request, sent)
    if known is not None:
        return known
    pages = walk.pages(lambda: machine.opened(request), found)
    if request.method == "HEAD" or (form == "csv" and "range" not in request.headers):
        return sending.whole(request, sent, forms.as_csv(pages))
    if form == "csv":
        write = files.of_text(forms.as_csv(pages))
    else:
        key = Path(sent.name).stem
        write = files.of_table(lambda path: forms.table(form, path, key=key), forms.as_rows(pages))
    room = disk.room(core_settings.load(), url=settings.PAGES_DATABASE_URL)
    await files.kept(sent.path.parent, write, name=sent.path.name, room=room)
    return sending.attachment(request, sent)


def _since(folder: Path, name: str, tag: str) -> datetime:
    """Since when it is as it is: readings that are corrected do not say when.

    An empty file for each tag says when it was first asked for; people who see other series have other tags.
    """
    mark = folder / f"{name}-{tag}.since"
    try:
        if not mark.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            _forget(folder, name)
            mark.touch()
        return datetime.fromtimestamp(mark.stat().st_mtime, UTC)
    except OSError:  # on a full disk, or where it was tidied away, it is as if it had changed just now
        return times.now()


def _forget(folder: Path, name: str) -> None:
    old = times.now() - _REMEMBERED
    for mark in folder.glob(f"{name}-*.since"):
        if datetime.fromtimestamp(mark.stat().st_mtime, UTC) < old:
            mark.unlink(missing_ok=True)


def _brought_back(found: Sequence[Series]) -> HttpResponseRedirect:
    """The same from the interface, which brings back what lies in the archive."""
    chosen = quote(f"Datastream/id in ({','.join(str(each.id) for each in found)})")
    columns = "$select=phenomenonTime,result,resultQuality&$expand=Datastream($select=id,name)"
    answer = HttpResponseRedirect(f"/sta/v1.1/Observations?$filter={chosen}&{columns}&$resultFormat=CSV")
    answer["Cache-Control"] = "no-cache"
    return answer
