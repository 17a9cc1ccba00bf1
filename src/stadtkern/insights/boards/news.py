# SPDX-License-Identifier: EUPL-1.2
"""What is new, for the front page: the latest story, datasets that came or changed, what people ask for."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import msgspec
from django.urls import reverse
from django.utils.translation import gettext

from stadtkern.catalogue.browse import listing, wording
from stadtkern.catalogue.entities import Dataset
from stadtkern.catalogue.requests import queries as requests
from stadtkern.catalogue.search import find
from stadtkern.catalogue.search.question import Question
from stadtkern.insights.stories import queries as stories
from stadtkern.ui import formats
from stadtkern.ui.visit import Visit

_MOST = 3
# So many of the newest datasets are looked at for some that are not yet on the page and hold something.
_LOOKED_AT = 12


class News(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of news: what it is, its title and where it leads, what it says, and a last line."""

    kind: str
    title: str
    url: str
    text: str
    foot: str


async def latest(visit: Visit, *, but: Collection[int]) -> list[News]:
    """At most three pieces, one of a kind first; no dataset whose id is in `but`."""
    told, asked = await _story(visit), await _request(visit)
    wanted = _MOST - len(told) - len(asked)
    return [*told, *await _datasets(visit, but=but, most=wanted), *asked]


async def _story(visit: Visit) -> list[News]:
    return [
        News(
            kind=gettext("Daten-Fenster"),
            title=formats.words(story.told.title),
            url=reverse("story", args=[story.key]),
            text=formats.words(story.told.summary),
            foot=_day(visit, story.first_at),
        )
        for story in await stories.public(visit.connection, limit=1)
    ]


async def _request(visit: Visit) -> list[News]:
    found = await requests.shown(visit.connection, visit.scope)
    return [
        News(
            kind=gettext("Gewünschte Daten"),
            title=asked.title,
            url=reverse("request", args=[asked.id]),
            text="",
            foot=f"{asked.progress_words} · {_day(visit, asked.created_at)}",
        )
        for asked in found[:1]
    ]


async def _datasets(visit: Visit, *, but: Collection[int], most: int) -> list[News]:
    question = Question().sorted_by("neu")
    found = await find.search(visit.connection, visit.scope, question=question, size=_LOOKED_AT)
    others = [each for each in found.datasets if each.id not in but and each.state == "published"]
    series = [each.id for each in others if each.kind == "series"]
    filled = await listing.newest_readings(visit, ids=series) if series else {}
    held = [each for each in others if each.kind != "series" or each.id in filled]
    return [_dataset(visit, each) for each in held[:most]]


def _dataset(visit: Visit, dataset: Dataset) -> News:
    licences = wording.licences(dataset)
    licence = wording.name("licence", licences[0].licence) if licences else ""
    stands = gettext("Stand %(day)s") % {"day": _day(visit, dataset.moved)}
    return News(
        kind=gettext("Datensatz"),
        title=wording.said(dataset.title) or dataset.key,
        url=reverse("dataset", args=[dataset.key]),
        text=wording.said(dataset.description),
        foot=" · ".join(filter(None, [stands, licence])),
    )


def _day(visit: Visit, at: datetime) -> str:
    return formats.day(at.astimezone(visit.city.zone).date(), year=True)
