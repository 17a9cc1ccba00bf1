# SPDX-License-Identifier: EUPL-1.2
"""The stories that everybody may read: their list, each of them, and the feed of new ones."""

from __future__ import annotations

from xml.sax.saxutils import escape

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import http_date
from django.utils.translation import gettext

from stadtkern.insights.stories import permissions, prose, queries, shown, tiles
from stadtkern.insights.stories.entities import MOST_BLOCKS, Public
from stadtkern.ui import formats, paging
from stadtkern.ui import visit as visits

_IN_FEED = 30
# What XML 1.0 does not allow at all (2.2).
_FORBIDDEN = dict.fromkeys([*(n for n in range(32) if n not in (9, 10, 13)), 0xFFFE, 0xFFFF])


async def listing(request: HttpRequest) -> HttpResponse:
    """The newest stories, page by page."""
    asked = request.GET.get("seite", "")
    page = max(1, int(asked)) if asked.isdecimal() and len(asked) < 5 else 1
    async with visits.open_visit(request) as visit:
        found = await queries.public(visit.connection, skip=(page - 1) * queries.SIZE)
        here = found[: queries.SIZE]
        covers = await shown.covers(visit, [each.told for each in here])
    more = len(found) > queries.SIZE
    turning = paging.between(f"?seite={page - 1}" if page > 1 else "", f"?seite={page + 1}" if more else "")
    return render(
        request,
        "insights/stories/list.html",
        {
            "stories": list(zip(here, covers, strict=True)),
            "paging": turning,
            "writes": permissions.writes(request),
        },
    )


async def story(request: HttpRequest, key: str) -> HttpResponse:
    """One story with what its blocks show now."""
    async with visits.open_visit(request) as visit:
        found = await queries.one_public(visit.connection, key=key)
        if found is None:
            if await queries.withdrawn(visit.connection, key=key):
                return render(request, "insights/stories/withdrawn.html", status=410)
            raise Http404
        parts = await shown.parts(visit, found.told, address=reverse("story", args=[key]))
    return render(
        request,
        "insights/stories/story.html",
        {"story": found, "told": found.told, "parts": parts, "writes": permissions.writes(request)},
    )


async def tile(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """One tile of a story, for a page that is already open; `?breite=` its columns of twelve."""
    columns = tiles.HALF if request.GET.get("breite") == str(tiles.HALF) else tiles.WHOLE
    async with visits.open_visit(request) as visit:
        found = await queries.one_public(visit.connection, key=key)
        if found is None or not 0 < number <= MOST_BLOCKS:
            raise Http404
        address = reverse("story", args=[key])
        made = await shown.tile(visit, found.told, number=number, address=address, columns=columns)
    if made is None:
        raise Http404
    return render(request, "insights/cockpit/tile.html", {"tile": made})


async def feed(request: HttpRequest) -> HttpResponse:
    """The newest stories as RSS 2.0."""
    async with visits.open_visit(request) as visit:
        found = await queries.public(visit.connection, limit=_IN_FEED)
        city = visit.city.name
    title = gettext("Daten-Fenster – %(city)s") % {"city": city}
    about = gettext("Geschichten, die die Daten der Stadt erzählen.")
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel>',
        f"<title>{_text(title)}</title><link>{_text(settings.PUBLIC_URL + reverse('stories'))}</link>",
        f"<description>{_text(about)}</description>",
        *(_item(each) for each in found),
        "</channel></rss>\n",
    ]
    return HttpResponse("\n".join(lines), content_type="application/rss+xml; charset=utf-8")


def _item(each: Public) -> str:
    address = settings.PUBLIC_URL + reverse("story", args=[each.key])
    told = each.told
    return (
        f"<item><title>{_text(formats.words(told.title))}</title><link>{_text(address)}</link>"
        f'<guid isPermaLink="true">{_text(address)}</guid>'
        f"<pubDate>{http_date(each.first_at.timestamp())}</pubDate>"
        f"<description>{_text(prose.plain(formats.words(told.summary)))}</description></item>"
    )


def _text(text: str) -> str:
    return escape(text.translate(_FORBIDDEN))
