# SPDX-License-Identifier: EUPL-1.2
"""The page on which a story is written: what was sent, parts moved, data found, mistakes by their fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from stadtkern.insights.boards import feeding, sources
from stadtkern.insights.stories import arranging, finding, forms, naming
from stadtkern.insights.stories.entities import Story, Told, Version
from stadtkern.ui.visit import Visit


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A story that somebody writes on, as it is now. `removes`: whether they may remove it.

    `overtaken`: somebody saved the newest version while this person wrote on an older one.
    """

    story: Story
    newest: Version
    removes: bool = False
    overtaken: bool = False


async def sent(request: HttpRequest, visit: Visit, *, on: Opened | None = None) -> Told | HttpResponse:
    """What was written; or the form again, with blocks moved, or with what is wrong beside the fields."""
    blocks = forms.sent(request.POST)
    do = _meant(request, blocks)
    if do not in ("save", "show"):
        arranged = forms.unchecked(await _titled(visit, arranging.arranged(blocks, do)))
        head = forms.HeadForm(
            initial={name: request.POST.get(name, "") for name in forms.HeadForm.base_fields}
        )
        what, _, which = do.partition("-")
        if what == "find" and which.isdecimal():
            found = await finding.offers(visit, request.POST.get(f"b{which}-find", ""))
            return await form(request, visit, head, arranged, on=on, found=found, at=which)
        return await form(request, visit, head, arranged, on=on, arranged=True)
    head, parts = forms.HeadForm(request.POST), forms.checked(blocks)
    right = [each.is_valid() for each in (head, *parts)]  # all of them, so that each says what is wrong
    if all(right):
        return forms.told(head, parts)
    return await form(request, visit, head, parts, on=on, status=422)


async def _titled(visit: Visit, blocks: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """Tiles that have data and no title yet begin with the name of what they show."""
    return [
        {**fields, "title_de": await feeding.title(visit, sources.of_address(fields["source"]))}
        if fields["kind"] == "tile" and fields["source"] and not fields["title_de"].strip()
        else fields
        for fields in blocks
    ]


def _meant(request: HttpRequest, blocks: Sequence[Mapping[str, str]]) -> str:
    """What to do. Enter in the search of a block presses the form's first button, which saves.

    Where such a block has no source yet, nothing could be saved: it is the search that was meant.
    """
    do = request.POST.get("do", "save")
    sought = (
        f"find-{number}"
        for number, fields in enumerate(blocks)
        if not fields["source"] and request.POST.get(f"b{number}-find", "").strip()
    )
    return next(sought, do) if do == "save" else do


async def removed(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Somebody removed the story meanwhile: what was written stays, and saved again begins a new story."""
    head = {name: request.POST.get(name, "") for name in forms.HeadForm.base_fields}
    blocks = forms.unchecked(arranging.arranged(forms.sent(request.POST), request.POST.get("do", "")))
    return await form(request, visit, forms.HeadForm(initial=head), blocks, removed=True, status=410)


async def form(
    request: HttpRequest,
    visit: Visit,
    head: forms.HeadForm,
    blocks: Sequence[forms.BlockForm],
    *,
    on: Opened | None = None,
    arranged: bool = False,
    removed: bool = False,
    found: finding.Found | None = None,
    at: str = "",
    status: int = 200,
) -> HttpResponse:
    """The form, with what its parts show in words."""
    named = [
        (each, await naming.pieces(visit, each.of, str(each["source"].value() or "")))
        if "source" in each.fields
        else (each, ())
        for each in blocks
    ]
    newest = on.newest.number if on else 0
    about = {
        "head": head,
        "blocks": blocks,
        "named": named,
        "story": on.story if on else None,
        "newest": on.newest if on else None,
        "removes": bool(on and on.removes),
        "overtaken": bool(on and on.overtaken),
        "base": newest if on and on.overtaken else request.POST.get("base") or newest,
        "arranged": arranged,
        "removed": removed,
        "action": reverse("story-new") if removed else request.path,
        "found": found,
        "finding": at,
        "saved": bool(request.GET.get("gespeichert")) and request.method == "GET",
        "taken": bool(request.GET.get("aufgenommen")) and request.method == "GET",
        "kinds": forms.NAMES,
    }
    return render(request, "insights/stories/form.html", about, status=status)
