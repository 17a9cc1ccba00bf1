# SPDX-License-Identifier: EUPL-1.2
"""The list of things: search, kinds, pages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import msgspec
from django.utils.translation import gettext

from stadtkern.core import fragments
from stadtkern.core.fragments import Fragment
from stadtkern.insights import kinds, silence, streams
from stadtkern.insights.cockpit import mapped
from stadtkern.insights.streams import Dataset, Site, Stream
from stadtkern.ui.paging import Paging
from stadtkern.ui.visit import Visit

SIZE = 24


class Entry(msgspec.Struct, frozen=True):
    """One thing in the list, with its series; `quiet`: what it means that the first of them is silent."""

    site: Site
    dataset: Dataset
    series: Sequence[Stream]
    quiet: str = ""

    @property
    def kind(self) -> kinds.Kind:
        """What kind of place it is."""
        return self.series[0].what if self.series else kinds.OTHER

    @property
    def newest(self) -> Stream | None:
        """The series that moved last."""
        moved = [s for s in self.series if s.last_time]
        return max(moved, key=lambda s: s.at.timestamp() if s.at else 0.0, default=None)

    @property
    def value(self) -> str:
        """The newest value of the first series, in words."""
        return mapped.value_of(self.series[0]) if self.series else ""


class Listing(msgspec.Struct, frozen=True):
    """One page of the list."""

    entries: Sequence[Entry]
    present: Sequence[kinds.Kind]
    paging: Paging


async def read(visit: Visit, *, query: str, kind: kinds.Kind | None, page: str) -> Listing:
    """The page asked for; a number out of range gives the first."""
    number = max(1, int(page)) if page.isdecimal() and len(page) < 6 else 1
    found = await streams.sites(
        visit, *conditions(visit, query=query, kind=kind), limit=SIZE + 1, offset=(number - 1) * SIZE
    )
    shown = found[:SIZE]
    by_thing: Mapping[int, list[Stream]] = defaultdict(list)
    here = Fragment("d.thing_id = ANY (%s)", ([site.id for site, _ in shown],))
    for stream in await streams.streams(visit, here, order="d.id"):
        by_thing[stream.site.id].append(stream)
    first = {number: series[0] for number, series in by_thing.items()}
    meant = await silence.meanings(visit, first.values())
    entries = [
        Entry(site, dataset, by_thing[site.id], meant.get(first[site.id].id, "") if site.id in first else "")
        for site, dataset in shown
    ]
    paging = _paging(number, more=len(found) > SIZE, query=query, kind=kind)
    return Listing(entries, await mapped.kinds_present(visit), paging)


def conditions(visit: Visit, *, query: str, kind: kinds.Kind | None) -> list[Fragment]:
    """Which things a search for words and a kind finds."""
    wanted = [mapped.matching(visit, query=query)] if query else []
    if kind is not None:
        observed = Fragment(
            "(t.properties ->> 'type' = ANY (%s) OR (t.properties ->> 'type' IS NULL"
            " AND EXISTS (SELECT 1 FROM things.datastream AS k JOIN things.observed_property AS p"
            " ON p.id = k.observed_property_id"
            " WHERE k.thing_id = t.id AND (p.name || ' ' || p.definition) ~* %s AND ",
            (list(kind.types), kinds.pattern(kind)),
        )
        seen = fragments.every([visit.scope.on("k.dataset_id"), visit.scope.on("p.dataset_id")])
        observed = observed + seen + Fragment(")))")
        wanted.append(observed)
    return wanted


def _paging(number: int, *, more: bool, query: str, kind: kinds.Kind | None) -> Paging:
    def address(page: int) -> str:
        parts = {"q": query, "art": kind.key if kind else "", "seite": str(page) if page > 1 else ""}
        return "?" + urlencode({key: value for key, value in parts.items() if value})

    return Paging(
        address(number - 1) if number > 1 else "",
        gettext("Zurück"),
        address(number + 1) if more else "",
        gettext("Weiter"),
        gettext("Seite %(n)s") % {"n": number} if number > 1 or more else "",
    )
