# SPDX-License-Identifier: EUPL-1.2
"""A diagram put together: the answer to a question, as picture, words and numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

import msgspec
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from stadtkern.core.fragments import Fragment
from stadtkern.insights import streams as streams_of
from stadtkern.insights import units
from stadtkern.insights.diagrams import grid, reading, words
from stadtkern.insights.diagrams.asking import LONGEST_TITLE, Question
from stadtkern.insights.diagrams.grid import Group
from stadtkern.insights.diagrams.reading import Run
from stadtkern.insights.streams import Stream
from stadtkern.ui import formats, spans
from stadtkern.ui.charts import several
from stadtkern.ui.charts.curve import Mark
from stadtkern.ui.spans import Span
from stadtkern.ui.visit import Visit

_YEARS = {"": 0, "vorjahr": 1, "jahre": 3}


class Diagram(msgspec.Struct, frozen=True, kw_only=True):
    """All that pages, files and frames show of it. `absent`: how many series this reader has not."""

    question: Question
    span: Span
    group: Group
    band: str
    streams: Sequence[Stream]
    runs: Sequence[Run]
    chart: several.Chart
    sub: str
    sentence: str
    problems: Sequence[str]
    absent: int
    picture: SafeString | str

    @property
    def title(self) -> str:
        """What it is called: by its maker, or by what it shows."""
        return self.chart.title

    @property
    def lines(self) -> list[tuple[int, str, str]]:
        """The lines by number, letter and name, where there are several."""
        if len(self.chart.lines) < 2:
            return []
        return [(n, several.LETTERS[n - 1], line.label) for n, line in enumerate(self.chart.lines, 1)]

    @property
    def about(self) -> list[Mapping[str, Any]]:
        """What the owners of the datasets say about them, each once."""
        return list({stream.dataset.id: stream.dataset.about for stream in self.streams}.values())

    @property
    def filled(self) -> bool:
        """Whether there is anything to see."""
        return any(run.cells for run in self.runs)

    @property
    def query(self) -> str:
        """The address's query that leads here again."""
        return self.question.query()


async def build(visit: Visit, question: Question, *, name: str = "chart") -> Diagram | None:
    """Answer the question; None where none of its series is there for this reader."""
    found = await _streams(visit, question)
    if not found:
        return None
    problems = list(question.problems)
    kept = _alike(found, problems)
    span = _span(visit, question, kept)
    interval = max((s.interval for s in kept if s.interval), default=None)
    group, coarser = grid.choose(question.group, length=span.length, interval=interval)
    years = 0 if len(kept) > 1 else _YEARS[question.compare]
    if question.compare and len(kept) > 1:
        problems.append(
            gettext("Mit Vorjahren vergleichen lässt sich eine einzelne Messreihe; hier sind es mehrere.")
        )
    band = _band(question, kept, group, years, problems)
    runs = [
        await reading.run(
            visit,
            stream=stream,
            start=span.start,
            end=span.end,
            group=group,
            years=back,
            band="" if back else band,
        )
        for stream in kept
        for back in range(years + 1)
    ]
    problems += [each for each in (span.problem, coarser) if each]
    problems += await units.changed(visit, kept, since=span.start)
    if runs[0].group != group:
        problems.append(gettext("Für Einzelwerte sind es zu viele; Sie sehen stattdessen Stunden."))
    group = runs[0].group
    sentence = words.sentence(runs, zone=visit.city.zone, now=visit.now)
    chart = _chart(visit, question, span, runs, name=name)
    return Diagram(
        question=question,
        span=span,
        group=group,
        band=band,
        streams=kept,
        runs=runs,
        chart=chart,
        sub=_sub(visit, span, runs),
        sentence=sentence,
        problems=list(dict.fromkeys(problems)),
        absent=len(question.ids) - len(found),
        picture=several.draw(chart) if any(run.cells for run in runs) else "",
    )


async def _streams(visit: Visit, question: Question) -> list[Stream]:
    if not question.ids:
        return []
    here = Fragment("d.id = ANY (%s) AND NOT d.multi", (list(question.ids),))
    found = {stream.id: stream for stream in await streams_of.streams(visit, here)}
    return [found[number] for number in question.ids if number in found]


def _alike(found: Sequence[Stream], problems: list[str]) -> list[Stream]:
    """Those that fit on one axis with the first: the same unit, all of them totals or none."""
    first = found[0]
    kept = [
        s
        for s in found
        if (s.symbol, s.kind == "count", bool(s.what.states))
        == (first.symbol, first.kind == "count", bool(first.what.states))
    ]
    left = [s.name for s in found if s not in kept]
    if left:
        problems.append(
            gettext(
                "Verschiedene Einheiten passen nicht auf eine Achse. Gezeigt wird nur, was wie die erste"
                " Messreihe gemessen wird; es fehlt: %(names)s."
            )
            % {"names": ", ".join(name[:80] for name in left)}
        )
    return kept


def _span(visit: Visit, question: Question, kept: Sequence[Stream]) -> Span:
    first = min((s.first_time for s in kept if s.first_time), default=None)
    last = max((s.last_time for s in kept if s.last_time), default=None)
    default = "jahr" if question.compare else "monat"
    return spans.choose(
        question.asked, first=first, last=last, now=visit.now, zone=visit.city.zone, default=default
    )


def _band(question: Question, kept: Sequence[Stream], group: Group, years: int, problems: list[str]) -> str:
    """Which band to draw: as asked, or by itself where there is one line alone."""
    possible = reading.has_band(kept[0], group)
    alone = len(kept) == 1 and not years
    if question.band in ("spanne", "mitte") and not possible:
        problems.append(gettext("Summen und Zustände haben keinen Streubereich."))
    if question.band:
        return question.band if possible else ""
    return "spanne" if possible and alone else ""


def _chart(visit: Visit, question: Question, span: Span, runs: Sequence[Run], *, name: str) -> several.Chart:
    bars = len(runs) == 1 and runs[0].sums
    cells = [cell for run in runs for cell in run.cells]
    start = min([span.start, *(cell.at for cell in cells)])
    end = max([span.end, *(cell.end for cell in cells if not bars), *(c.end for c in cells if bars)])
    zone = visit.city.zone
    return several.Chart(
        start=start,
        end=end,
        zone=zone,
        lines=[several.Line(_label(run, runs), _marks(run, bars=bars)) for run in runs],
        form="bars" if bars else "line",
        events=[
            several.Event(at, event.text)
            for event in question.happenings
            if start <= (at := datetime.combine(event.day, time(12), tzinfo=zone)) <= end
        ],
        title=question.title or _title(runs)[:LONGEST_TITLE],
        name=name,
        shares=bool(runs[0].stream.what.states) and runs[0].group != "einzeln",
    )


def _marks(run: Run, *, bars: bool) -> list[list[Mark]]:
    """A total stands over its whole bucket, everything else in the middle of it."""

    def at(cell: reading.Cell) -> datetime:
        half = (cell.end - cell.begin) / 2 if run.group != "einzeln" else timedelta()
        return cell.at if bars else cell.at + half

    return [
        [Mark(at(cell), cell.value, low=cell.low, high=cell.high, end=cell.end) for cell in piece]
        for piece in run.pieces
    ]


def _label(run: Run, runs: Sequence[Run]) -> str:
    if any(each.years for each in runs):
        if run.years == 1:
            return gettext("ein Jahr davor")
        before = gettext("%(n)s Jahre davor") % {"n": run.years}
        return before if run.years else gettext("gezeigter Zeitraum")
    sites = [words.place(each) for each in runs]
    return words.place(run) if len(set(sites)) == len(sites) else run.stream.name


def _title(runs: Sequence[Run]) -> str:
    stream = runs[0].stream
    about = {
        "what": stream.property_name or stream.name,
        "per": words.per(runs[0]),
        "where": words.place(runs[0]),
    }
    if any(run.years for run in runs):
        said = gettext("%(what)s %(per)s im Vergleich der Jahre, %(where)s") % about
    elif len(runs) == 2:
        about["other"] = words.place(runs[1])
        said = gettext("%(what)s %(per)s: %(where)s und %(other)s") % about
    elif len(runs) > 2:
        said = gettext("%(what)s %(per)s im Vergleich") % about
    else:
        said = gettext("%(what)s %(per)s, %(where)s") % about
    return " ".join(said.split()).replace(" ,", ",").replace(" :", ":")


def _sub(visit: Visit, span: Span, runs: Sequence[Run]) -> str:
    zone = visit.city.zone
    first = span.start.astimezone(zone).date()
    last = (span.end - timedelta(seconds=1)).astimezone(zone).date()
    days = (
        formats.day(first)
        if first == last
        else gettext("%(first)s bis %(last)s")
        % {"first": formats.day(first, year=first.year != last.year), "last": formats.day(last)}
    )
    run = runs[0]
    how = gettext("Summen") if run.sums else gettext("Mittelwerte")
    if run.group == "einzeln":
        how = gettext("einzelne Messwerte")
    elif run.stream.what.states:
        how = gettext("Anteil der Zeit")
    parts = [words.unit(run), " ".join([how, words.per(run)]).strip(), days]
    return " · ".join(part for part in parts if part)
