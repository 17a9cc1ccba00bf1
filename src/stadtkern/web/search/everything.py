# SPDX-License-Identifier: EUPL-1.2
"""Asks all five sources, each for the few that a page or a list of suggestions shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from stadtkern.catalogue.search import find, question
from stadtkern.city.glossary.entities import Term
from stadtkern.insights.explore import find as places
from stadtkern.insights.stories import queries as stories
from stadtkern.ui import formats, sections
from stadtkern.ui.visit import Visit
from stadtkern.web.search import likeness

LONGEST = 100
_ABOUT = 180


class Hit(msgspec.Struct, frozen=True):
    """Something found: what it is called, where it is, a few words about it, and of which kind.

    `called`, `told`: title and words by language, for those who have it read to them.
    """

    title: str
    url: str
    about: str = ""
    kind: str = ""
    called: object = ""
    told: object = ""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """What one source found. `total`: how many there are, where that is known; `all_url`: where all are."""

    key: str
    title: str
    hits: Sequence[Hit]
    total: int = 0
    all_url: str = ""
    roughly: bool = False


def cleaned(given: str) -> str:
    """What somebody typed, without what cannot be searched for."""
    return " ".join(given.replace("\0", "").split())[:LONGEST]


async def search(visit: Visit, *, text: str, size: int) -> list[Group]:
    """The groups that have something, words first, since they are the shortest answer."""
    if not text:
        return []
    found = [
        _words(visit, text=text, size=size),
        await _stories(visit, text=text, size=size),
        await _datasets(visit, text=text, size=size),
        await _things(visit, text=text, size=size),
        _pages(text=text, size=size),
    ]
    groups = [group for group in found if group.hits]
    # What only sounds alike is of use where nothing is written so.
    exact = [group for group in groups if not group.roughly]
    return exact or groups


async def suggestions(visit: Visit, *, text: str) -> list[dict[str, Any]]:
    """Up to nine titles with address and kind."""
    groups = await search(visit, text=text, size=3)
    hits = [hit for group in groups for hit in group.hits]
    return [{"text": hit.title, "url": hit.url, "kind": hit.kind} for hit in hits[:9]]


async def _datasets(visit: Visit, *, text: str, size: int) -> Group:
    asked = question.read({"q": text})
    found = await find.search(visit.connection, visit.scope, question=asked, size=size)
    kind = gettext("Datensatz")
    hits = [
        Hit(
            formats.words(dataset.title) or dataset.key,
            reverse("dataset", args=[dataset.key]),
            formats.excerpt(dataset.description, _ABOUT),
            kind,
            dataset.title,
            dataset.description,
        )
        for dataset in found.datasets
    ]
    return Group(
        key="daten",
        title=gettext("Daten"),
        hits=hits,
        total=found.counts.total,
        all_url=f"{reverse('datasets')}?{asked.query()}",
        roughly=found.roughly,
    )


async def _stories(visit: Visit, *, text: str, size: int) -> Group:
    words = question.read({"q": text}).words
    found = await stories.matching(visit.connection, words=words, limit=size)
    kind = gettext("Daten-Fenster")
    hits = [
        Hit(
            formats.words(title),
            reverse("story", args=[key]),
            formats.excerpt(summary, _ABOUT),
            kind,
            title,
            summary,
        )
        for key, title, summary in found
    ]
    return Group(key="datenfenster", title=kind, hits=hits)


async def _things(visit: Visit, *, text: str, size: int) -> Group:
    words = question.read({"q": text}).words
    found, roughly = await places.things(visit, words=words, size=size + 1)
    kind = gettext("Messort")
    hits = [
        Hit(
            hit.name,
            reverse("thing", args=[hit.id]),
            formats.excerpt(hit.description, _ABOUT),
            kind,
            told=hit.description,
        )
        for hit in found[:size]
    ]
    more = len(found) > size and not roughly
    return Group(
        key="messorte",
        title=gettext("Messorte"),
        hits=hits,
        all_url=f"{reverse('things')}?{question.Question(text=text).query()}" if more else "",
        roughly=roughly,
    )


def _words(visit: Visit, *, text: str, size: int) -> Group:
    language = translation.get_language() or "de"
    ranked = [(likeness.rank(text, term.forms(language)), term) for term in visit.city.glossary.terms]
    best = sorted((each for each in ranked if each[0]), key=_best)[:size]
    hits = [
        Hit(
            formats.words(term.name),
            f"{reverse('glossary')}#{term.key}",
            formats.words(term.short),
            gettext("Begriff"),
            term.name,
            term.short,
        )
        for _, term in best
    ]
    return Group(key="begriffe", title=gettext("Begriffe"), hits=hits, roughly=bool(best) and best[0][0] < 1)


def _best(each: tuple[float, Term]) -> tuple[float, str]:
    return -each[0], each[1].key


def _pages(*, text: str, size: int) -> Group:
    found = sections.matching(text)
    if not found:
        alike = [(likeness.rank(text, [entry.title]), entry) for entry in sections.public()]
        found = [entry for rank, entry in sorted(alike, key=lambda each: -each[0]) if rank]
    hits = [Hit(entry.title, entry.url, entry.about, gettext("Seite")) for entry in found[:size]]
    return Group(
        key="seiten", title=gettext("Seiten"), hits=hits, roughly=bool(hits) and not sections.matching(text)
    )
