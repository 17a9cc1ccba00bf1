# SPDX-License-Identifier: EUPL-1.2
"""A chart of a table put together: the answer to a question, as picture, words and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from stadtkern.catalogue import queries as datasets
from stadtkern.catalogue import vocabularies
from stadtkern.catalogue.browse import chips, wording
from stadtkern.catalogue.charts import asking, figures, words
from stadtkern.catalogue.charts.asking import Question
from stadtkern.catalogue.charts.choosing import Plan
from stadtkern.catalogue.charts.figures import Cell, Figures
from stadtkern.catalogue.charts.words import Names
from stadtkern.catalogue.entities import Dataset
from stadtkern.features import queries, tally
from stadtkern.features.entities import Collection
from stadtkern.ui.charts import bars, several
from stadtkern.ui.charts.bars import Bar
from stadtkern.ui.charts.curve import Mark
from stadtkern.ui.visit import Visit

_MOST_BARS = 120


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """All that pages, files and frames show of it. `trouble`: why there is nothing to see."""

    question: Question
    dataset: Dataset
    table: Collection
    plan: Plan | None = None
    per: str = ""
    title: str
    sub: str = ""
    sentence: str = ""
    trouble: str = ""
    problems: Sequence[str] = ()
    cells: Sequence[Cell] = ()
    names: Names | None = None
    bars: Sequence[Bar] = ()
    drawn: several.Chart | None = None
    picture: SafeString | str = ""

    @property
    def filled(self) -> bool:
        """Whether there is anything to see."""
        return bool(self.bars or self.picture)

    @property
    def query(self) -> str:
        """The address's query that leads here again."""
        return self.question.query()

    @property
    def about(self) -> list[dict[str, Any]]:
        """Who the data are of, under which licence; each licence once."""
        extra = {name: self.dataset.extra.get(name) for name in ("simulated", "replay")}
        publisher = wording.said(dict(self.dataset.organisation.name))
        forms = wording.licences(self.dataset)
        found = [
            {
                "attribution": form.attribution or publisher,
                "licence": vocabularies.licence(form.licence).name,
                **extra,
            }
            for form in forms
            if form.licence
        ]
        return found or [{"attribution": publisher, **extra}]


async def build(
    visit: Visit, query: str, *, name: str = "bild", milliseconds: int = figures.PATIENCE
) -> Chart | None:
    """Answer the question in a query; None where its table is not there for this reader."""
    key = asking.names_table(query)
    try:
        table = await queries.find(visit.connection, visit.scope, key=key)
    except queries.NoSuchCollection:
        return None
    dataset = await datasets.one(visit.connection, visit.scope, dataset_id=table.dataset_id)
    if dataset is None:
        return None
    return await of_table(
        visit, asking.read(query, table=table), dataset, table, name=name, milliseconds=milliseconds
    )


async def of_table(
    visit: Visit,
    question: Question,
    dataset: Dataset,
    table: Collection,
    *,
    name: str = "bild",
    milliseconds: int = figures.PATIENCE,
    at_home: bool = False,
) -> Chart:
    """The chart of a table that was found for this visit; `at_home` stands below the dataset's own title."""
    called = wording.said(dict(table.title)) or wording.said(dataset.title) or dataset.key
    nothing = Chart(
        question=question, dataset=dataset, table=table, title=question.title or called,
        problems=question.problems,
    )  # fmt: skip
    budget = figures.Budget(milliseconds)
    try:
        plan = await figures.plan(visit, question, table, budget)
        if plan is None:
            text = gettext("Diese Tabelle hat keine Spalte, nach der sich ein Diagramm machen lässt.")
            return msgspec.structs.replace(nothing, trouble=text)
        nothing = msgspec.structs.replace(nothing, plan=plan)
        found = await figures.read(visit, question, table, plan, budget)
    except tally.TakesTooLong:
        text = gettext(
            "Das dauert in dieser großen Tabelle zu lange. Grenzen Sie die Zeilen ein, oder wählen Sie eine"
            " Spalte mit weniger verschiedenen Werten."
        )
        return msgspec.structs.replace(nothing, trouble=text)
    except tally.NumbersTooLarge:
        text = gettext("Die Zahlen dieser Spalte sind zu groß, um sie zusammenzuzählen.")
        return msgspec.structs.replace(nothing, trouble=text)
    plain = at_home and called == wording.said(dataset.title)
    names = words.names("" if plain else called, table, plan, found)
    return _made(visit, nothing, found, names, name=name)


def _made(visit: Visit, nothing: Chart, found: Figures, names: Names, *, name: str) -> Chart:
    question = nothing.question
    problems = list(question.problems)
    if found.coarser:
        problems.append(gettext("So fein wären es zu viele Werte; Sie sehen sie je %(per)s.") % {
            "per": asking.PERS[found.per]
        })  # fmt: skip
    cells, running = _cells(visit, found)
    title = question.title or words.title(names, found)
    sentence = words.sentence(names, found, cells, running=running)
    narrowed = [str(chip.says) for chip in chips.chips(question.filter)]
    made = msgspec.structs.replace(
        nothing, per=found.per, title=title, sub=words.sub(names, found, cells, chips=narrowed),
        sentence=sentence, problems=problems, cells=cells, names=names,
    )  # fmt: skip
    if not any(cell.value is not None for cell in cells):
        return msgspec.structs.replace(made, trouble=gettext("Dazu gibt es keine Zeilen mit Werten."))
    if found.timed:
        drawn = _over_time(visit, found, cells, title=title, name=name)
        return msgspec.structs.replace(made, drawn=drawn, picture=several.draw(drawn))
    said = [
        (cell.label, names.amount(cell.value), cell.value or 0.0) for cell in cells if cell.value is not None
    ]
    return msgspec.structs.replace(made, bars=bars.bars(said))


def _cells(visit: Visit, found: Figures) -> tuple[list[Cell], bool]:
    """What is drawn, in its order; whether the piece of the calendar that is running was left out."""
    if not found.timed:
        cells = [Cell(words.key(g.key, found), found.of(g), g.n) for g in found.groups]
        nameless = found.nameless
        if nameless is not None:
            cells.append(Cell(gettext("ohne Angabe"), found.of(nameless), nameless.n))
        return cells, False
    known = {_begin(group.key): group for group in found.groups}
    if not known:
        return [], False
    today = visit.now.astimezone(visit.city.zone).date()
    begin, last = min(known), max(known)
    summed = found.plan.how in ("anzahl", "summe")
    cells, running = [], False
    while begin <= last and len(cells) <= figures.MOST_BUCKETS:
        end = figures.bucket(begin, found.per)
        group = known.get(begin)
        if begin <= today < end and summed and len(known) > 1:
            running = True
        elif group is not None:
            cells.append(Cell(words.period(begin, found.per), found.of(group), group.n, begin, end))
        else:
            cells.append(Cell(words.period(begin, found.per), 0.0 if summed else None, 0, begin, end))
        begin = end
    return cells, running


def _begin(key: Any) -> date:
    return key if isinstance(key, date) else date(int(key), 1, 1)


def _over_time(
    visit: Visit, found: Figures, cells: Sequence[Cell], *, title: str, name: str
) -> several.Chart:
    zone = visit.city.zone

    def at(day: date) -> datetime:
        return datetime.combine(day, time(), tzinfo=zone)

    bar = found.plan.how in ("anzahl", "summe") and len(cells) <= _MOST_BARS
    pieces: list[list[Mark]] = [[]]
    for cell in cells:
        if cell.value is None or cell.begin is None or cell.end is None:
            pieces.append([])
            continue
        begin, end = at(cell.begin), at(cell.end)
        pieces[-1].append(Mark(begin if bar else begin + (end - begin) / 2, cell.value, end=end))
    first, last = cells[0].begin or date.min, cells[-1].end or date.max
    return several.Chart(
        start=at(first),
        end=max(at(last), at(first) + timedelta(days=1)),
        zone=zone,
        lines=[several.Line(title, [piece for piece in pieces if piece])],
        form="bars" if bar else "line",
        title=title,
        name=name,
    )
