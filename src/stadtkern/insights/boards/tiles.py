# SPDX-License-Identifier: EUPL-1.2
"""Adding and changing a tile, step by step: its kind, what feeds it, its words. Each step has an address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from stadtkern.core.fragments import Fragment
from stadtkern.insights import kinds, streams
from stadtkern.insights.boards import (
    arranging,
    feeding,
    forms,
    keeping,
    operations,
    queries,
    sources,
    stepping,
    words,
    work,
)
from stadtkern.insights.cockpit import board as cockpit
from stadtkern.insights.cockpit.definitions import PLAIN, Form
from stadtkern.insights.streams import Stream
from stadtkern.ui import formats
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import Visit

_SHOWN = 40
_KIND = "art"


@words.told
async def new(request: HttpRequest, key: str) -> HttpResponse:
    """A new tile: first its kind, then what feeds it, then its words."""
    kind = _kind(request.GET.get(_KIND, ""))
    async with visits.open_visit(request) as visit:
        person, board = await work.opened(visit, request, key)
        about: dict[str, Any] = {"board": board, "title": formats.words(board.content.title)}
        group = request.GET.get("thema", "")
        if kind is None:
            found = [(name, *words.KINDS[name]) for name in words.KINDS]
            return render(
                request, "insights/boards/work/kinds.html", {**about, "kinds": found, "theme": group}
            )
        source = dict(sources.named(request.GET))
        if kind not in PLAIN and not (source["properties"] or source["streams"]):
            return redirect(
                f"{reverse('board-source', args=[key])}?{urlencode({_KIND: kind, 'thema': group})}"
            )
        form = forms.TileForm(
            request.POST or None, kind=kind, initial=await _begin(visit, kind=kind, source=source)
        )
        if request.method == "POST" and form.is_valid():
            taken = {d.key for d in board.content.tiles}
            free = arranging.free_key(form.cleaned_data["title_de"], taken=taken, fallback="kachel")
            made = form.told(key=free, source=source)
            content = arranging.put(board.content, group=group, tile=made)
            if await keeping.kept(
                visit.connection, by=person, key=key, version=stepping.number(request.POST.get("version")),
                content=content, step="added", form=form,
            ):  # fmt: skip
                return work.redirect_back(key)
        about |= {
            "form": form,
            "kind": words.KINDS[kind],
            "fed": await feeding.said(visit, source),
            "plain": kind in PLAIN,
        }
    return render(request, "insights/boards/work/tile.html", about, status=keeping.status(form))


@words.told
async def change(request: HttpRequest, key: str, tile: str) -> HttpResponse:
    """Other words for a tile, or (from the step before) other data."""
    async with visits.open_visit(request) as visit:
        person, board = await work.opened(visit, request, key)
        found = board.content.tile(tile)
        if found is None:
            raise operations.TileIsAway()
        source = dict(sources.named(request.GET))
        if not (source["properties"] or source["streams"]):
            source = dict(sources.of_tile(found))
        form = forms.TileForm(request.POST or None, kind=found.form, initial=forms.tile_start(found))
        if request.method == "POST" and form.is_valid():
            made = msgspec.structs.replace(form.told(key=tile, source=source), expert=found.expert)
            if await keeping.kept(
                visit.connection, by=person, key=key, version=stepping.number(request.POST.get("version")),
                content=arranging.put(board.content, group="", tile=made), step="changed", form=form,
            ):  # fmt: skip
                return work.redirect_back(key)
        about = {
            "board": board, "title": formats.words(board.content.title), "form": form, "tile": found,
            "kind": words.KINDS[found.form], "fed": await feeding.said(visit, source),
            "plain": found.form in PLAIN, "shown": await cockpit.single(visit, definition=found),
            "name": formats.words(found.title),
        }  # fmt: skip
    return render(request, "insights/boards/work/tile.html", about, status=keeping.status(form))


@words.told
async def source(request: HttpRequest, key: str) -> HttpResponse:
    """What feeds a tile: something that is observed at many places, or single series."""
    query = " ".join(request.GET.get("q", "").replace("\0", "").split())[:100]
    kind, tile = _kind(request.GET.get(_KIND, "")), request.GET.get("kachel", "")
    async with visits.open_visit(request) as visit:
        _, board = await work.opened(visit, request, key)
        known = board.content.tile(tile)
        if kind is None and known is None:
            return redirect(reverse("board-tile-new", args=[key]))
        properties = await queries.properties(visit, words=query)
        single = await _series(visit, query) if query else []
        chosen = dict(sources.named(request.GET))
        if known is not None and not (chosen["properties"] or chosen["streams"]):
            chosen = dict(sources.of_tile(known))
        fed = await feeding.said(visit, chosen)
        types = await _types(visit, chosen)
    about = {
        "board": board, "title": formats.words(board.content.title), "query": query, "properties": properties,
        "series": [feeding.line(s) for s in single], "chosen": chosen, "fed": fed, "types": types,
        "tile": known,
        "kind_key": kind or "", "theme": request.GET.get("thema", ""),
        "onward": reverse("board-tile", args=[key, tile]) if known else reverse("board-tile-new", args=[key]),
    }  # fmt: skip
    return render(request, "insights/boards/work/source.html", about)


def _kind(given: str) -> Form | None:
    return next((name for name in words.KINDS if name == given), None)


async def _series(visit: Visit, query: str) -> list[Stream]:
    """Single series of which name, place or property contain the words."""
    conditions = [
        Fragment("NOT d.multi"),
        *(
            Fragment("(d.name ILIKE %s OR t.name ILIKE %s)", (f"%{_plain(word)}%",) * 2)
            for word in query.split()[:5]
        ),
    ]
    return await streams.streams(visit, *conditions, order=f"d.name, d.id LIMIT {_SHOWN}")


async def _types(visit: Visit, source: Mapping[str, tuple[Any, ...]]) -> list[tuple[str, str, bool]]:
    """The types of the things at which it is observed, where there are several."""
    found = await feeding.read(visit, {**source, "types": ()})
    types = {
        str(s.site.properties.get("type") or ""): s for s in found if s.definition in source["properties"]
    }
    named = [
        (t, str(s.what.many if s.what is not kinds.OTHER else t), t in source["types"])
        for t, s in types.items()
        if t
    ]
    return sorted(named, key=lambda each: each[1]) if len(types) > 1 else []


async def _begin(visit: Visit, *, kind: Form, source: Mapping[str, tuple[Any, ...]]) -> dict[str, Any]:
    """What the form of a new tile begins with."""
    title = await feeding.title(visit, source)
    begin: dict[str, Any] = {"title_de": title, "most": 5, "above": "1" if kind == "ranking" else "0"}
    if kind in ("flow", "places"):
        begin["wide"] = True
    return begin


def _plain(word: str) -> str:
    return word.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
