# SPDX-License-Identifier: EUPL-1.2
"""The numbers of a chart of a table: read once for each delivery, kept in memory, bounded in time."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from stadtkern.catalogue.charts import choosing
from stadtkern.catalogue.charts.asking import PER_OF, Question
from stadtkern.catalogue.charts.choosing import Plan
from stadtkern.features import tally
from stadtkern.features.entities import Collection
from stadtkern.features.sources import Stored
from stadtkern.features.tally import Group, Key, Order, Per, Tally
from stadtkern.ui.charts import scales
from stadtkern.ui.visit import Visit

# What somebody who asked for it waits; charts that a page shows by itself get less.
PATIENCE, BRIEF = 5_000, 1_000
MOST_BUCKETS = 1_500
_MOST_KEYS = 60
_MOST_SINGLE = 30
_STEPS = 12
_KEPT = 500
# What took too long once is not tried again so soon.
_SPARED = timedelta(minutes=10)
# So many may take their time at once; who comes then gets less of it, or pages would wait for connections.
_MOST_PATIENT = 2
_ORDERS: dict[str, Order] = {
    "anzahl": "n", "summe": "total", "mittel": "mean", "groesster": "most", "kleinster": "least",
}  # fmt: skip


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted. `per`: pieces of the calendar; `step`: of how wide a range each key is the number."""

    plan: Plan
    tally: Tally
    per: str = ""
    step: float = 0.0
    coarser: bool = False
    most: int = MOST_BUCKETS

    @property
    def timed(self) -> bool:
        """Whether the keys lie along the calendar."""
        return bool(self.per)

    @property
    def groups(self) -> list[Group]:
        """Those with a key, as many as are drawn."""
        return [group for group in self.tally.groups if group.key is not None][: self.most]

    @property
    def hidden(self) -> tuple[int, int]:
        """How many further keys there are, and with how many rows."""
        shown = sum(group.n for group in self.groups) + (self.nameless.n if self.nameless else 0)
        return self.tally.different - len(self.groups), self.tally.n - shown

    @property
    def nameless(self) -> Group | None:
        """The rows whose key is empty."""
        return next((group for group in self.tally.groups if group.key is None), None)

    def of(self, group: Group) -> float | None:
        """The number that is drawn; None where no row has one, or none that can be written."""
        value = _number(self.plan, group)
        return value if value is not None and math.isfinite(value) else None


class Cell(msgspec.Struct, frozen=True):
    """One number: of what, how much, how many rows are behind it; days where it lies along the calendar."""

    label: str
    value: float | None
    n: int
    begin: date | None = None
    end: date | None = None


class Failure(msgspec.Struct, frozen=True):
    """That it could not be counted, and when that was."""

    kind: type[Exception]
    at: datetime
    milliseconds: int


_known: OrderedDict[Any, Any] = OrderedDict()
_patient: list[Any] = []


class Budget:
    """The time of all that is read for one chart; what one step takes, the next ones lack."""

    def __init__(self, milliseconds: int):
        self._until = time.monotonic() + milliseconds / 1000

    @property
    def left(self) -> int:
        """Milliseconds that are left, at least one: the database would take 0 for without end."""
        return max(1, round(1000 * (self._until - time.monotonic())))


async def plan(visit: Visit, question: Question, table: Collection, budget: Budget) -> Plan | None:
    """What is put together by what. Raises TakesTooLong where nobody said it and looking takes too long."""
    columns = choosing.candidates(table)
    if not columns:
        return None
    sampled: Mapping[int, tally.Sampled]
    try:
        sampled = await _once(
            ("sample", *_delivery(table)),
            lambda spent: tally.sample(
                visit.connection, visit.scope, source=Stored(table), columns=columns, milliseconds=spent
            ),
            now=visit.now,
            milliseconds=min(budget.left, BRIEF),
        )
    except tally.TakesTooLong:
        if not question.by:
            raise
        sampled = {}
    return choosing.plan(question, table, sampled)


async def read(visit: Visit, question: Question, table: Collection, chosen: Plan, budget: Budget) -> Figures:
    """The numbers. The table must have been found for this visit: all who see it get the same.

    Raises TakesTooLong, NumbersTooLarge.
    """
    kind = table.columns[chosen.by].type
    per, step, coarser = "", 0.0, False
    if kind in ("date", "instant", "integer", "number"):
        low, high = await _ends(visit, question, table, chosen, budget)
        if kind in ("date", "instant"):
            per, coarser = _per(question.per, low, high)
        elif chosen.years and low is not None and low >= 1000 and high < 3000:
            per = "jahr"
        else:
            step = await _step(visit, question, table, chosen, low, high, budget)
    ordered = bool(per or step) or kind == "boolean" or (kind in ("integer", "number") and not chosen.years)
    most = MOST_BUCKETS if per else _MOST_KEYS if ordered else question.most
    found = await _tally(visit, question, table, chosen, per, step, budget, ordered=ordered)
    return Figures(plan=chosen, tally=found, per=per, step=step, coarser=coarser, most=most)


async def _tally(
    visit: Visit, question: Question, table: Collection, chosen: Plan, per: str, step: float,
    budget: Budget, *, ordered: bool,
) -> Tally:  # fmt: skip
    dated = table.columns[chosen.by].type in ("date", "instant")
    pieces: Per | None = PER_OF[per] if per and dated else None
    limit = MOST_BUCKETS + 2 if per else (_MOST_KEYS if ordered else question.most) + 1
    zone = str(visit.city.zone)
    name = ("tally", *_delivery(table), chosen, pieces, step, ordered, limit, zone, question.filter.query())
    found: Tally = await _once(
        name,
        lambda spent: tally.tally(
            visit.connection,
            visit.scope,
            source=Stored(table),
            key=Key(chosen.by, pieces, step),
            value=chosen.value,
            filter=question.filter.filter(),
            order="key" if ordered else _ORDERS[chosen.how],
            limit=limit,
            zone=zone,
            milliseconds=spent,
        ),
        now=visit.now,
        milliseconds=budget.left,
    )
    return found


async def _ends(
    visit: Visit, question: Question, table: Collection, chosen: Plan, budget: Budget
) -> tuple[Any, Any]:
    found: tuple[Any, Any] = await _once(
        ("ends", *_delivery(table), chosen.by, question.filter.query()),
        lambda spent: tally.ends(
            visit.connection, visit.scope, source=Stored(table), column=chosen.by,
            filter=question.filter.filter(), milliseconds=spent,
        ),
        now=visit.now, milliseconds=budget.left,
    )  # fmt: skip
    return found


def _per(asked: str, low: Any, high: Any) -> tuple[str, bool]:
    """Pieces of the calendar: as asked, unless these would be too many; else what suits the span."""
    if low is None:
        return asked or "monat", False
    days = (high - low).days + 1
    fitting = "tag" if days <= 62 else "monat" if days <= 7 * 366 else "jahr"
    lengths = {"tag": 1, "woche": 7, "monat": 28, "jahr": 365}
    if not asked:
        return fitting, False
    finest = next(name for name, length in lengths.items() if days / length <= MOST_BUCKETS - 2)
    names = list(lengths)
    return (asked, False) if names.index(asked) >= names.index(finest) else (finest, True)


async def _step(
    visit: Visit, question: Question, table: Collection, chosen: Plan, low: Any, high: Any, budget: Budget
) -> float:
    """How wide the ranges of a number are; 0 where its few values stand for themselves."""
    if low is None or not math.isfinite(high - low) or high == low:
        return 0.0
    few = await _tally(visit, question, table, chosen, "", 0.0, budget, ordered=True)
    if few.different <= _MOST_SINGLE:
        return 0.0
    ticks = scales.value_range([float(low), float(high)], from_zero=False, wanted=_STEPS).ticks
    width = ticks[1] - ticks[0]
    return max(1.0, width) if table.columns[chosen.by].type == "integer" else width


def _number(chosen: Plan, group: Group) -> float | None:
    match chosen.how:
        case "anzahl":
            return float(group.n)
        case "summe":
            return group.total
        case "mittel":
            return group.total / group.filled if group.filled and group.total is not None else None
        case "groesster":
            return group.most
    return group.least


def _delivery(table: Collection) -> Sequence[Any]:
    """What changes with every delivery of the table."""
    return (table.id, table.version, table.table_name, table.modified_at)


async def _once(
    name: Any, read: Callable[[int], Awaitable[Any]], *, now: datetime, milliseconds: int = PATIENCE
) -> Any:
    """What is known by this name, else read it in this time; failures are known for a while, too."""
    milliseconds = milliseconds if len(_patient) < _MOST_PATIENT else min(milliseconds, BRIEF)
    found = _known.get(name)
    if isinstance(found, Failure) and now - found.at < _SPARED and found.milliseconds * 2 >= milliseconds:
        raise found.kind
    if found is None or isinstance(found, Failure):
        _patient.append(name)
        try:
            found = await read(milliseconds)
        except (tally.TakesTooLong, tally.NumbersTooLarge) as problem:
            _keep(name, Failure(type(problem), now, milliseconds))
            raise
        finally:
            _patient.remove(name)
        _keep(name, found)
    _known.move_to_end(name)
    return found


def _keep(name: Any, found: Any) -> None:
    _known[name] = found
    while len(_known) > _KEPT:
        _known.popitem(last=False)


def bucket(begin: date, per: str) -> date:
    """The first day of the piece of the calendar after this one."""
    if per == "tag":
        return begin + timedelta(days=1)
    if per == "woche":
        return begin + timedelta(days=7)
    if per == "monat":
        return (begin.replace(day=1) + timedelta(days=32)).replace(day=1)
    return date(begin.year + 1, 1, 1)
