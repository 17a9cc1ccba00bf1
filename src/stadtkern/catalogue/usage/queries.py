# SPDX-License-Identifier: EUPL-1.2
"""Reads of the counts, in which numbers too small to be nobody in particular are not told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
from django.utils.translation import gettext, gettext_lazy

from stadtkern.core import statements
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection
from stadtkern.core.fragments import Fragment
from stadtkern.ui import formats

# Of these, tables show those that were used.
INTERFACES = ("sta", "ogc", "ckan", "dcat")
# Below this a count says nothing but that somebody was there, and might say who.
SMALLEST = 5
MONTHS = 12
KINDS = {
    "view": gettext_lazy("Seite angesehen"),
    "download": gettext_lazy("heruntergeladen"),
    "embed": gettext_lazy("eingebettet angesehen"),
    "sta": "SensorThings",
    "ogc": "OGC Features",
    "ckan": "CKAN",
    "dcat": "DCAT",
}


class Count(msgspec.Struct, frozen=True):
    """How often; None where it was seldom."""

    n: int | None

    @property
    def words(self) -> str:
        """The number, or that it is small."""
        return (
            gettext("unter %(n)s") % {"n": SMALLEST} if self.n is None else formats.number(self.n, digits=0)
        )


class Month(msgspec.Struct, frozen=True):
    """One month's counts, in the order of KINDS."""

    first: date
    counts: Sequence[Count]

    @property
    def name(self) -> str:
        """`November 2026`."""
        return formats.month(self.first)


class Most(msgspec.Struct, frozen=True):
    """A dataset and how often it was used, in the order of KINDS; a sum would tell the small ones."""

    key: str
    title: str
    counts: Sequence[Count]


def coarse(n: int, *, running: bool = False) -> Count:
    """A count that may be shown; one that still runs moves in steps, so that nobody is seen coming."""
    if 0 < n < SMALLEST:
        return Count(None)
    return Count(n - n % SMALLEST if running else n)


async def months(connection: Connection, scope: Scope, *, dataset_id: int, today: date) -> list[Month]:
    """The last twelve months of one dataset, newest first."""
    firsts = [_month_before(today, back) for back in range(MONTHS)]
    if not scope.allows(dataset_id):
        return []
    about = {"dataset_id": dataset_id, "since": firsts[-1]}
    rows = await (await connection.execute(statements.load("catalogue")["usage_months"], about)).fetchall()
    known = {(first, kind): n for first, kind, n in rows}
    return [
        Month(first, [coarse(known.get((first, kind), 0), running=first == firsts[0]) for kind in KINDS])
        for first in firsts
    ]


def since(months: Sequence[Month], *, began: date) -> list[Month]:
    """The months without those before a dataset began here, unless it was used all the same."""
    used = [at for at, month in enumerate(months) if any(count.n != 0 for count in month.counts)]
    oldest = used[-1] if used else 0
    return [month for at, month in enumerate(months) if month.first >= began or at <= oldest]


async def most(connection: Connection, scope: Scope, *, since: date, limit: int = 50) -> list[Most]:
    """The visible datasets used most since a day."""
    text, params = (
        Fragment(statements.load("catalogue")["usage_most"] + " ", (since,))
        + scope.on("u.dataset_id")
        + Fragment(" GROUP BY u.dataset_id, d.key, c.title ORDER BY 4 DESC, d.key LIMIT %s", (limit,))
    )
    rows: list[tuple[Any, ...]] = await (await connection.execute(text, params)).fetchall()
    return [Most(row[1], row[2], [coarse(n, running=True) for n in row[4 : 4 + len(KINDS)]]) for row in rows]


def shown(counts: Sequence[Sequence[Count]]) -> list[int]:
    """The places of the kinds that a table needs."""
    return [
        at
        for at, kind in enumerate(KINDS)
        if kind not in INTERFACES or any(each[at].n != 0 for each in counts)
    ]


def _month_before(today: date, back: int) -> date:
    number = today.year * 12 + today.month - 1 - back
    return date(number // 12, number % 12 + 1, 1)
