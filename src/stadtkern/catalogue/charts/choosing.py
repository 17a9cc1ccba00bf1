# SPDX-License-Identifier: EUPL-1.2
"""What suits a table best where nobody has said it: by which column, counted or added up."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from stadtkern.catalogue.charts.asking import How, Question
from stadtkern.features.entities import Collection, Column
from stadtkern.features.tally import Sampled

_MOST_COLUMNS = 40
# A text that has more different values than these is a name or a remark, no kind of something.
_MOST_KINDS, _KIND_LENGTH = 200, 60
_FEW_ROWS = 60
_YEAR = re.compile(r"(^|_|\b)(jahr|year|baujahr|pflanzjahr|\w*jahr)($|_|\b)", re.IGNORECASE)
_NUMBERED = re.compile(r"(^|_)(id|nr|nummer|lfd|fid|objectid|gid|plz|schluessel|key)($|_)", re.IGNORECASE)


class Plan(msgspec.Struct, frozen=True):
    """What is put together by what: numbers of columns from 0. `years`: whole numbers that are years."""

    by: int
    how: How
    value: int | None = None
    years: bool = False


def candidates(table: Collection) -> list[int]:
    """Columns that can be grouped by, the first of them."""
    return [at for at, column in enumerate(table.columns[:_MOST_COLUMNS]) if column.type != "json"]


def plan(question: Question, table: Collection, sampled: Mapping[int, Sampled]) -> Plan | None:
    """What is asked, filled up with what suits; None for a table without anything to show."""
    names = [column.name for column in table.columns]
    by = names.index(question.by) if question.by else _by(table, sampled)
    if by is None:
        return None
    value = names.index(question.value) if question.value else None
    how = question.how or _how(question, table, sampled, by)
    if how == "anzahl":
        value = None
    elif value is None:
        value = _value(table, by)
        if value is None:
            how = "anzahl"
    return Plan(by, how, value, years(table.columns[by]))


def years(column: Column) -> bool:
    """Whether the whole numbers of a column are years."""
    return column.type == "integer" and bool(_YEAR.search(column.name))


def numbers(table: Collection) -> list[int]:
    """Columns whose numbers can be added up: not those that only number or date something."""
    return [
        at
        for at, column in enumerate(table.columns)
        if column.type in ("integer", "number")
        and not (column.key or years(column) or _NUMBERED.search(column.name))
    ]


def _value(table: Collection, by: int) -> int | None:
    found = [at for at in numbers(table) if at != by]
    return found[0] if found else None


def _by(table: Collection, sampled: Mapping[int, Sampled]) -> int | None:
    """Kinds first, or dates where they lead; then whatever else says something."""
    usable = [at for at in candidates(table) if sampled[at].different > 1]
    dated = [at for at in usable if table.columns[at].type in ("date", "instant") or years(table.columns[at])]
    if dated and dated[0] <= 1 and sampled[dated[0]].different >= 3:
        return dated[0]
    texts = [at for at in usable if table.columns[at].type == "text" and _tells_kinds(sampled[at])]
    booleans = [at for at in usable if table.columns[at].type == "boolean"]
    named = _named(table, sampled, usable)
    others = [at for at in usable if at in numbers(table) and sampled[at].different >= 5]
    for found in (texts, named, dated, booleans, others):
        if found:
            return found[0]
    return None


def _tells_kinds(sampled: Sampled) -> bool:
    return (
        sampled.length <= _KIND_LENGTH
        and 2 <= sampled.different <= min(_MOST_KINDS, max(2, sampled.filled // 3))
        and sampled.filled * 2 >= sampled.n
    )


def _named(table: Collection, sampled: Mapping[int, Sampled], usable: Sequence[int]) -> list[int]:
    """Of a short table with numbers, the column that names its rows."""
    if table.n > _FEW_ROWS or not numbers(table):
        return []
    return [
        at
        for at in usable
        if table.columns[at].type == "text"
        and sampled[at].different == sampled[at].filled
        and sampled[at].length <= _KIND_LENGTH
    ]


def _how(question: Question, table: Collection, sampled: Mapping[int, Sampled], by: int) -> How:
    """Added up where each row stands for itself; counted where rows have much in common."""
    if question.value:
        return "mittel" if table.columns[by].type in ("date", "instant") else "summe"
    single = by in sampled and sampled[by].different == sampled[by].filled > 1
    if _value(table, by) is None:
        return "anzahl"
    if table.columns[by].type in ("date", "instant"):
        return "mittel" if single else "anzahl"
    return "summe" if single and table.columns[by].type in ("text", "integer") else "anzahl"
