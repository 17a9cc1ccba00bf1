# SPDX-License-Identifier: EUPL-1.2
"""What a diagram shows, in sentences: level, highest and lowest, against the year before or other places."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext, ngettext

from stadtkern.insights.diagrams.reading import Cell, Run
from stadtkern.insights.explore import rows
from stadtkern.ui import formats

_SAME = 0.02
_MOST_DIGITS = 6


def unit(run: Run) -> str:
    """The unit behind the numbers; totals of counts lose the interval they were counted in."""
    symbol = run.stream.symbol
    return symbol.split("/")[0].strip() if run.sums else symbol


def digits(run: Run) -> int | None:
    """Decimal places that tell the highest of a line from its lowest, unless its owner has said how many."""
    if run.sums or run.stream.digits is not None:
        return 0 if run.sums else run.stream.digits
    values = [cell.value for cell in run.cells]
    apart = max(values, default=0.0) - min(values, default=0.0)
    if not 0 < apart < 1:
        return None
    return min(max(math.ceil(-math.log10(apart)), *map(formats.fitting_digits, values)), _MOST_DIGITS)


def amount(value: float, run: Run) -> str:
    """A value with its unit."""
    return _figure(value, run) if run.stream.what.states else f"{_figure(value, run)} {unit(run)}".strip()


def _figure(value: float, run: Run) -> str:
    """A value alone; of states, its share of the time."""
    return formats.percent(value) if run.stream.what.states else formats.number(value, digits=digits(run))


def period(begin: datetime, run: Run, *, zone: ZoneInfo) -> str:
    """A bucket in words."""
    local = begin.astimezone(zone)
    if run.group == "einzeln":
        return formats.short_moment(begin, zone=zone)
    if run.group == "woche":
        return gettext("Woche ab %(day)s") % {"day": formats.day(local.date())}
    if run.group == "stunde":
        return rows.period(local, bucket="hour")
    if run.group == "tag":
        return formats.day(local.date())
    return rows.period(local, bucket="month" if run.group == "monat" else "year")


def per(run: Run) -> str:
    """`je Tag`; nothing for single values."""
    return {
        "einzeln": "",
        "stunde": gettext("je Stunde"),
        "tag": gettext("je Tag"),
        "woche": gettext("je Woche"),
        "monat": gettext("je Monat"),
        "jahr": gettext("je Jahr"),
    }[run.group]


def sentence(runs: Sequence[Run], *, zone: ZoneInfo, now: datetime) -> str:
    """The sentences below the picture; they say what is not known, too."""
    filled = [run for run in runs if run.cells]
    if not filled or (not runs[0].cells and any(run.years for run in runs)):
        return _nothing(runs, zone=zone, now=now)
    first = filled[0]
    said = [_level(first, zone=zone)]
    if any(run.years for run in runs):
        said += [_against(first, run) for run in runs if run.years]
    elif len(runs) > 1:
        level = _places(filled) if len(filled) > 1 else f"{place(first)}: {said[0]}"
        said = [level, *(_empty(run) for run in runs if not run.cells)]
    said.append(_missing(first))
    if any(run.partial for run in runs):
        said.append(gettext("Summen, zu denen Werte fehlen, sind nicht gezeigt."))
    return " ".join(each for each in said if each)


def _nothing(runs: Sequence[Run], *, zone: ZoneInfo, now: datetime) -> str:
    said = gettext("In diesem Zeitraum gibt es keine Messwerte.")
    last = max((run.stream.last_time for run in runs if run.stream.last_time), default=None)
    if last is None:
        return said + " " + gettext("Diese Messreihe hat noch nie einen Wert gemeldet.")
    if now - last > runs[0].stream.late_after:
        at = formats.moment(last, zone=zone)
        return said + " " + gettext("Der letzte Wert ist vom %(at)s.") % {"at": at}
    return said


def mean(cells: Sequence[Cell]) -> float:
    """The mean of what is drawn."""
    return sum(cell.value for cell in cells) / len(cells)


def _level(run: Run, *, zone: ZoneInfo) -> str:
    cells = run.cells
    if len(cells) == 1:
        about = {"value": amount(cells[0].value, run), "when": period(cells[0].begin, run, zone=zone)}
        return gettext("Es gibt einen einzigen Wert: %(value)s (%(when)s).") % about
    high, low = max(cells, key=lambda cell: cell.value), min(cells, key=lambda cell: cell.value)
    about = {
        "what": run.stream.property_name or run.stream.name,
        "mean": amount(mean(cells), run),
        "per": per(run),
        "high": amount(high.value, run),
        "high_at": period(high.begin, run, zone=zone),
        "low": amount(low.value, run),
        "low_at": period(low.begin, run, zone=zone),
    }
    if run.sums:
        about["total"] = amount(sum(cell.value for cell in cells), run)
        level = gettext("Zusammen %(total)s, im Mittel %(mean)s %(per)s.") % about
    else:
        level = gettext("Im Mittel %(mean)s.") % about
    if high.value == low.value:
        same = gettext("Der Wert war immer gleich: %(high)s %(per)s") % about
        return f"{level} {same.strip()}." if run.sums else f"{same.strip()}."
    ends = gettext("Am höchsten: %(high)s (%(high_at)s), am niedrigsten: %(low)s (%(low_at)s).") % about
    return f"{level} {ends}"


def _against(run: Run, before: Run) -> str:
    """A comparison of the buckets that both years have; half a year against a whole one would say nothing."""
    known = {cell.at: cell.value for cell in before.cells}
    pairs = [(cell.value, known[cell.at]) for cell in run.cells if cell.at in known]
    n = before.years
    years = gettext("im Jahr davor") if n == 1 else gettext("%(n)s Jahre davor") % {"n": n}
    if not pairs:
        return gettext("Zum Vergleich %(years)s gibt es keine Werte.") % {"years": years}
    now, then = (sum(each) / len(pairs) for each in zip(*pairs, strict=True))
    said = _apart(run, now, then, years)
    if len(pairs) == len(run.cells):
        return said
    both = ngettext(
        "Verglichen ist %(n)s Wert, den es für beide Jahre gibt.",
        "Verglichen sind die %(n)s Werte, die es für beide Jahre gibt.",
        len(pairs),
    )
    return f"{said} {both % {'n': formats.number(len(pairs), digits=0)}}"


def _apart(run: Run, now: float, then: float, years: str) -> str:
    """How far two means of the same buckets are apart; both are named, so that anybody can work it out."""
    about = {"years": years, "then": amount(then, run), "now": _figure(now, run)}
    if run.sums and then > 0:
        share = now / then - 1
        about["share"] = formats.percent(abs(share))
        if abs(share) < _SAME:
            return gettext("Das ist etwa so viel wie %(years)s (im Mittel %(then)s).") % about
        if share > 0:
            return gettext("Das sind %(share)s mehr als %(years)s: im Mittel %(now)s statt %(then)s.") % about
        return gettext("Das sind %(share)s weniger als %(years)s: im Mittel %(now)s statt %(then)s.") % about
    about["apart"] = amount(abs(now - then), run)
    if abs(now - then) <= abs(then) * 0.002:
        return gettext("Das ist etwa so viel wie %(years)s (im Mittel %(then)s).") % about
    if now > then:
        return gettext("Das Mittel liegt %(apart)s höher als %(years)s (%(now)s statt %(then)s).") % about
    return gettext("Das Mittel liegt %(apart)s niedriger als %(years)s (%(now)s statt %(then)s).") % about


def _places(runs: Sequence[Run]) -> str:
    ordered = sorted(runs, key=lambda run: -mean(run.cells))
    parts = [f"{place(run)} {amount(mean(run.cells), run)}" for run in ordered]
    about = {"parts": ", ".join(parts), "per": per(runs[0])}
    if runs[0].sums:
        return gettext("Im Mittel %(per)s, vom höchsten zum niedrigsten: %(parts)s.") % about
    return gettext("Mittelwerte, vom höchsten zum niedrigsten: %(parts)s.") % about


def place(run: Run) -> str:
    """What tells a line from its neighbours."""
    return run.stream.site.name or run.stream.name


def _empty(run: Run) -> str:
    return gettext("Für %(name)s gibt es in diesem Zeitraum keine Werte.") % {"name": place(run)}


def _missing(run: Run) -> str:
    if not run.gaps:
        return ""
    about = {"n": len(run.gaps), "all": run.expected}
    said = {
        "stunde": gettext("In %(n)s von %(all)s Stunden fehlen Werte."),
        "tag": gettext("An %(n)s von %(all)s Tagen fehlen Werte."),
        "woche": gettext("In %(n)s von %(all)s Wochen fehlen Werte."),
        "monat": gettext("In %(n)s von %(all)s Monaten fehlen Werte."),
        "jahr": gettext("In %(n)s von %(all)s Jahren fehlen Werte."),
    }
    return said.get(run.group, "") % about
