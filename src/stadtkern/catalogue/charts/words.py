# SPDX-License-Identifier: EUPL-1.2
"""What a chart of a table shows, in words: its title, its keys, and the sentences below it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
from django.utils.translation import gettext, ngettext

from stadtkern.catalogue.browse import table as tables
from stadtkern.catalogue.charts.choosing import Plan
from stadtkern.catalogue.charts.figures import Cell, Figures
from stadtkern.features.entities import Collection
from stadtkern.ui import formats

_LONGEST_NAME = 80


class Names(msgspec.Struct, frozen=True):
    """What things are called: the table (empty below its own title), its two columns, the unit."""

    table: str
    by: str
    value: str
    unit: str
    whole: bool

    def amount(self, value: float | None) -> str:
        """A number with its unit."""
        if value is None:
            return "–"
        digits = 0 if self.whole or float(value).is_integer() else None
        return f"{formats.number(value, digits=digits)} {self.unit}".strip()


def names(called: str, table: Collection, plan: Plan, found: Figures) -> Names:
    """Titles of columns where they have one."""
    by = tables.head(table.columns[plan.by]).title
    if plan.value is None:
        return Names(called, by[:_LONGEST_NAME], "", "", whole=True)
    column = table.columns[plan.value]
    whole = column.type == "integer" and found.plan.how != "mittel"
    return Names(called, by[:_LONGEST_NAME], tables.head(column).title[:_LONGEST_NAME], column.unit, whole)


def key(value: Any, found: Figures) -> str:
    """The words beside a bar."""
    if isinstance(value, bool):
        return gettext("ja") if value else gettext("nein")
    if found.step:
        low = float(value) * found.step
        about = {"low": _plain(low), "high": _plain(low + found.step)}
        return gettext("%(low)s bis unter %(high)s") % about
    if isinstance(value, int | float):
        return _plain(float(value)) if not isinstance(value, int) or abs(value) >= 10_000 else str(value)
    return " ".join(str(value).split()) or gettext("ohne Angabe")


def _plain(value: float) -> str:
    digits = 0 if value.is_integer() else min(6, len(repr(round(value, 6)).partition(".")[2]))
    return formats.number(value, digits=digits)


def period(begin: date, per: str) -> str:
    """A piece of the calendar in words."""
    if per == "tag":
        return formats.day(begin)
    if per == "woche":
        return gettext("Woche ab %(day)s") % {"day": formats.day(begin)}
    return formats.month(begin) if per == "monat" else str(begin.year)


def each(per: str) -> str:
    """`je Monat`."""
    return {
        "": "",
        "tag": gettext("je Tag"),
        "woche": gettext("je Woche"),
        "monat": gettext("je Monat"),
        "jahr": gettext("je Jahr"),
    }[per]


def title(names: Names, found: Figures) -> str:
    """What the chart is called where nobody has given it a name."""
    about = {"table": names.table, "by": names.by, "value": names.value, "per": each(found.per)}
    if not names.table and found.plan.how == "anzahl":
        return (
            gettext("Einträge %(per)s (%(by)s)") if found.timed else gettext("Einträge nach %(by)s")
        ) % about
    if found.timed and found.plan.how == "anzahl":
        return gettext("%(table)s %(per)s (%(by)s)") % about
    if found.timed:
        return gettext("%(value)s %(per)s") % about
    if found.plan.how == "anzahl":
        return gettext("%(table)s nach %(by)s") % about
    return gettext("%(value)s nach %(by)s") % about


def how(found: Figures) -> str:
    """What was done with the rows."""
    return {
        "anzahl": gettext("Anzahl der Zeilen"),
        "summe": gettext("Summen"),
        "mittel": gettext("Mittelwerte"),
        "groesster": gettext("größte Werte"),
        "kleinster": gettext("kleinste Werte"),
    }[found.plan.how]


def sub(names: Names, found: Figures, cells: Sequence[Cell], *, chips: Sequence[str]) -> str:
    """The line below the title: unit, what was done, how much of it is shown, which rows."""
    parts = [names.unit, how(found)]
    left, _ = found.hidden
    if found.timed and cells:
        parts.append(
            gettext("%(first)s bis %(last)s") % {"first": cells[0].label, "last": cells[-1].label}
            if len(cells) > 1
            else cells[0].label
        )
    elif left > 0:
        about = {"n": len(found.groups), "all": formats.number(found.tally.different, digits=0)}
        parts.append(gettext("%(n)s von %(all)s") % about)
    if found.plan.how != "anzahl":  # there the title names it
        parts.append(names.table)
    if chips:
        parts.append(gettext("nur Zeilen mit: %(what)s") % {"what": "; ".join(chips)})
    return " · ".join(part for part in parts if part)


def sentence(names: Names, found: Figures, cells: Sequence[Cell], *, running: bool) -> str:
    """The sentences below the picture; they say what is not shown, too."""
    known = [cell for cell in cells if cell.value is not None]
    if not known:
        return gettext("Dazu gibt es keine Zeilen mit Werten.")
    said = [_level(names, found, known), _ends(names, found, known), *_left(names, found)]
    if running:
        said.append(gettext("Was noch läuft, ist nicht gezeigt: Es sähe wie ein Rückgang aus."))
    return " ".join(part for part in said if part)


def _level(names: Names, found: Figures, known: Sequence[Cell]) -> str:
    rows = found.tally.n
    n = formats.number(rows, digits=0)
    if found.plan.how == "anzahl":
        level = ngettext("%(n)s Zeile.", "%(n)s Zeilen.", rows) % {"n": n}
    elif found.plan.how == "summe":
        about = {"total": names.amount(found.tally.total), "n": n}
        level = ngettext(
            "Zusammen %(total)s in %(n)s Zeile.", "Zusammen %(total)s in %(n)s Zeilen.", rows
        ) % about  # fmt: skip
    elif found.plan.how == "mittel" and found.tally.filled and found.tally.total is not None:
        about = {"mean": names.amount(found.tally.total / found.tally.filled), "n": n}
        level = ngettext(
            "Im Mittel %(mean)s über %(n)s Zeile.", "Im Mittel %(mean)s über alle %(n)s Zeilen.", rows
        ) % about  # fmt: skip
    else:
        level = ngettext("%(n)s Zeile.", "%(n)s Zeilen.", rows) % {"n": n}
    if found.timed and found.plan.how in ("anzahl", "summe") and len(known) > 1:
        mean = sum(cell.value or 0.0 for cell in known) / len(known)
        about = {"mean": names.amount(mean), "per": each(found.per)}
        level += " " + gettext("Im Mittel %(mean)s %(per)s.") % about
    return level


def _ends(names: Names, found: Figures, known: Sequence[Cell]) -> str:
    """The highest and the lowest; the share of the highest where there is a whole."""
    if len(known) < 2:
        return ""
    high, low = max(known, key=_value), min(known, key=_value)
    if high.value == low.value:
        return gettext("Alle sind gleich: %(value)s.") % {"value": names.amount(high.value)}
    about = {
        "high": high.label, "high_value": names.amount(high.value),
        "low": low.label, "low_value": names.amount(low.value),
    }  # fmt: skip
    whole = float(found.tally.n) if found.plan.how == "anzahl" else found.tally.total
    complete = found.plan.how == "anzahl" or (found.plan.how == "summe" and found.hidden[0] == 0)
    share = complete and not found.timed and _value(low) >= 0
    if share and whole:
        about["share"] = formats.percent(_value(high) / whole)
        return gettext("Am meisten: %(high)s mit %(high_value)s, das sind %(share)s von allem.") % about
    if found.hidden[0] > 0:  # the lowest may be among those that are not shown
        return gettext("Am höchsten: %(high_value)s (%(high)s).") % about
    return gettext("Am höchsten: %(high_value)s (%(high)s), am niedrigsten: %(low_value)s (%(low)s).") % about


def _value(cell: Cell) -> float:
    return cell.value or 0.0


def _left(names: Names, found: Figures) -> list[str]:
    """What the picture does not show."""
    said = []
    left, rows = found.hidden
    if left > 0:
        about = {"n": formats.number(left, digits=0), "rows": formats.number(rows, digits=0)}
        alone = left == rows  # a row each, as where each row has a name of its own
        said.append(
            ngettext(
                "%(n)s weiterer Wert ist nicht gezeigt.", "%(n)s weitere Werte sind nicht gezeigt.", left
            )
            % about
            if alone
            else ngettext(
                "%(n)s weiterer Wert mit %(rows)s Zeilen ist nicht gezeigt.",
                "%(n)s weitere Werte mit zusammen %(rows)s Zeilen sind nicht gezeigt.",
                left,
            )
            % about
        )
    nameless = found.nameless
    if nameless is not None and found.timed:
        n = formats.number(nameless.n, digits=0)
        said.append(
            ngettext(
                "%(n)s Zeile hat kein Datum, das sich zeigen lässt.",
                "%(n)s Zeilen haben kein Datum, das sich zeigen lässt.",
                nameless.n,
            )
            % {"n": n}
        )
    empty = found.tally.n - found.tally.filled
    if found.plan.how != "anzahl" and empty:
        about = {"n": formats.number(empty, digits=0), "value": names.value}
        said.append(
            ngettext("In %(n)s Zeile fehlt „%(value)s“.", "In %(n)s Zeilen fehlt „%(value)s“.", empty) % about
        )
    return said
