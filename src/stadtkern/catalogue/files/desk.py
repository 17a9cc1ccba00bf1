# SPDX-License-Identifier: EUPL-1.2
"""Pages of whoever works on a dataset's files: adding, replacing, bringing back, removing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy

from stadtkern.catalogue.editor import desk as desks
from stadtkern.catalogue.editor.desk import Desk
from stadtkern.catalogue.files import contents, forms, kinds, operations, queries, views
from stadtkern.catalogue.files.contents import Content
from stadtkern.core import disk
from stadtkern.core import settings as core_settings
from stadtkern.core.settings import Settings
from stadtkern.identity import permissions
from stadtkern.ui import formats
from stadtkern.ui.telling import Telling

_CHUNK = 1 << 20
TELLING = Telling({
    operations.NoSuchFile: (
        gettext_lazy("Diese Datei gibt es nicht mehr."),
        gettext_lazy("Jemand hat sie inzwischen entfernt. Auf der Seite des Datensatzes stehen die anderen."),
    ),
    operations.VersionIsShown: (
        gettext_lazy("Dieser Stand ist der aktuelle."),
        gettext_lazy("Holen Sie erst einen anderen zurück, oder entfernen Sie die ganze Datei."),
    ),
})  # fmt: skip


@TELLING.told
async def add(request: HttpRequest, key: str) -> HttpResponse:
    """A further file of a dataset; the licence of the other forms is proposed."""
    async with desks.open_desk(request, key=key) as desk:
        others = desk.dataset.distributions
        proposed = {"licence": others[0].licence, "attribution": others[0].attribution} if others else {}
        form = forms.FileForm(*_given(request), initial=proposed)
        if form.is_valid():
            said = form.cleaned_data
            upload: UploadedFile[Any] = said["file"]
            title = said["title"].strip() or (upload.name or "").rpartition(".")[0] or upload.name

            async def store(content: Content) -> None:
                await operations.add(
                    desk.visit.connection, by=desk.person, dataset_id=desk.dataset.id, key=key,
                    content=content, name=upload.name or "", title={"de": title}, licence=said["licence"],
                    attribution=said["attribution"].strip(), rights=said["rights"].strip(),
                )  # fmt: skip

            if await _stored(form, upload, store):
                return redirect("dataset-editor", key=key)
    return _page(request, "catalogue/files/new.html", desk, form)


@TELLING.told
async def replace(request: HttpRequest, key: str, file: int) -> HttpResponse:
    """A new content for a file; the present one stays as a version."""
    async with desks.open_desk(request, key=key) as desk:
        shown = await views.one(desk.visit, desk.dataset, file=file, number=None, everything=True)
        form = forms.ReplaceForm(*_given(request))
        if form.is_valid():
            upload: UploadedFile[Any] = form.cleaned_data["file"]

            async def store(content: Content) -> None:
                await operations.replace(
                    desk.visit.connection, by=desk.person, dataset_id=desk.dataset.id, file=file,
                    content=content, name=upload.name or "", note=form.cleaned_data["note"].strip(),
                )  # fmt: skip

            if await _stored(form, upload, store):
                return redirect("file-versions", key=key, file=file)
    return _page(request, "catalogue/files/replace.html", desk, form, shown=shown)


@TELLING.told
async def restore(request: HttpRequest, key: str, file: int, number: int) -> HttpResponse:
    """Bring a former content back, after asking; one that was not public needs a publisher."""
    async with desks.open_desk(request, key=key) as desk:
        version = await views.one(desk.visit, desk.dataset, file=file, number=number, everything=True)
        if not version.public and not desk.may("publisher"):
            raise permissions.RoleIsMissing("publisher")
        if request.method == "POST":
            await operations.restore(
                desk.visit.connection, by=desk.person, dataset_id=desk.dataset.id, version=version
            )
            return redirect("file-versions", key=key, file=file)
    about = {"dataset": desk.dataset, "version": version, "size": formats.size(version.byte_size)}
    return render(request, "catalogue/files/restore.html", about)


@TELLING.told
async def remove(request: HttpRequest, key: str, file: int) -> HttpResponse:
    """Remove a file with all its versions, after asking."""
    async with desks.open_desk(request, key=key) as desk:
        found = await queries.versions(
            desk.visit.connection, desk.visit.scope, dataset_id=desk.dataset.id, file=file, everything=True
        )
        if not found:
            raise operations.NoSuchFile()
        if request.method == "POST":
            await operations.remove(
                desk.visit.connection, by=desk.person, dataset_id=desk.dataset.id, file=file
            )
            return redirect("dataset-editor", key=key)
    about = {"dataset": desk.dataset, "shown": found[0]}
    return render(request, "catalogue/files/remove.html", about)


@TELLING.told
async def forget(request: HttpRequest, key: str, file: int, number: int) -> HttpResponse:
    """Remove one former version for good, after asking; stewards only."""
    async with desks.open_desk(request, key=key, role="steward") as desk:
        version = await views.one(desk.visit, desk.dataset, file=file, number=number, everything=True)
        if request.method == "POST":
            await operations.forget(desk.visit.connection, dataset_id=desk.dataset.id, version=version)
            return redirect("file-versions", key=key, file=file)
    about = {"dataset": desk.dataset, "version": version, "size": formats.size(version.byte_size)}
    return render(request, "catalogue/files/forget.html", about)


async def _stored(
    form: forms.ReplaceForm | forms.FileForm,
    upload: UploadedFile[Any],
    store: Callable[[Content], Awaitable[None]],
) -> bool:
    """Put the content on the disk, then its row into the database; without a row it is swept away later."""
    settings = core_settings.load()
    beginning = await asyncio.to_thread(_beginning, upload)
    if kinds.pretends(upload.name or "", beginning):
        text = gettext("Der Name sagt „%(kind)s“, der Inhalt ist etwas anderes. Prüfen Sie die Datei.")
        form.add_error("file", text % {"kind": kinds.of(upload.name or "")})
        return False
    if not _fits(settings, upload):
        form.add_error(
            "file", gettext("Dafür ist auf dem Server gerade kein Platz. Es wurde nichts gespeichert.")
        )
        return False
    try:
        content = await asyncio.to_thread(contents.keep, settings, upload.chunks(_CHUNK))
    except contents.FileTooLarge:
        most = formats.size(settings.upload_limit)
        form.add_error("file", gettext("Die Datei ist größer als erlaubt (%(most)s).") % {"most": most})
        return False
    await store(content)
    return True


def _beginning(upload: UploadedFile[Any]) -> bytes:
    upload.seek(0)
    found: bytes = upload.read(kinds.LONGEST_BEGINNING)
    upload.seek(0)
    return found


def _fits(settings: Settings, upload: UploadedFile[Any]) -> bool:
    """Whether there is room for the upload and for what the database must keep free."""
    return disk.free(settings.data) - (upload.size or 0) > settings.disk_reserve * 2**20


def _given(request: HttpRequest) -> tuple[Any, Any]:
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def _page(
    request: HttpRequest, template: str, desk: Desk, form: forms.ReplaceForm | forms.FileForm, **more: Any
) -> HttpResponse:
    context = {"dataset": desk.dataset, "form": form, "most": formats.size(core_settings.load().upload_limit)}
    return render(request, template, context | more, status=422 if form.errors else 200)
