# SPDX-License-Identifier: EUPL-1.2
"""Deliveries and what differs between them, in the words of the pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from django.utils.translation import gettext, gettext_lazy, ngettext

from stadtkern.catalogue.browse import table
from stadtkern.catalogue.browse.table import Cell, Head
from stadtkern.features.entities import Collection, Row
from stadtkern.features.versions.differences import Difference
from stadtkern.features.versions.queries import Version
from stadtkern.ui import formats
from stadtkern.ui.visit import Visit

_COLUMNS = 12
_MOST_FIELDS = 12
MODES = {
    "replace": gettext_lazy("ersetzt alle Zeilen"),
    "append": gettext_lazy("hängt Zeilen an"),
    "upsert": gettext_lazy("ändert und ergänzt Zeilen"),
    "restore": gettext_lazy("holt einen früheren Stand zurück"),
}


class Shown(msgspec.Struct, frozen=True):
    """Some rows under their heads."""

    heads: Sequence[Head]
    rows: Sequence[Sequence[Cell]]
    more_columns: int


class Field(msgspec.Struct, frozen=True):
    """One value that is not what it was."""

    name: str
    before: str
    after: str


class Changed(msgspec.Struct, frozen=True):
    """One row that is not what it was: which one, and its fields."""

    name: str
    fields: Sequence[Field]


class Comparison(msgspec.Struct, frozen=True):
    """A difference as the page shows it."""

    says: Sequence[str]
    by: str
    changed: Sequence[Changed]
    added: Shown
    removed: Shown
    more: bool


def size(collection: Collection) -> str:
    """How many rows, in words."""
    n = formats.number(collection.n, digits=0)
    return ngettext("%(n)s Zeile", "%(n)s Zeilen", collection.n) % {"n": n}


def summary(version: Version, *, visible: frozenset[int]) -> list[str]:
    """What a delivery changed, as it was counted then; nothing of a version that one may not see."""
    found = version.summary
    if found is None or found["against"] not in visible:
        return []
    return counted(found)


def counted(found: Mapping[str, Any]) -> list[str]:
    """Rows and columns that came, went and changed, in words."""
    words = [
        (found["added"], ngettext("%(n)s Zeile neu", "%(n)s Zeilen neu", found["added"])),
        (found["removed"], ngettext("%(n)s Zeile entfallen", "%(n)s Zeilen entfallen", found["removed"])),
    ]
    if found["changed"] is not None:
        text = ngettext("%(n)s Zeile geändert", "%(n)s Zeilen geändert", found["changed"])
        words.append((found["changed"], text))
    says = [text % {"n": formats.number(n, digits=0)} for n, text in words if n]
    for name, about in _COLUMN_WORDS.items():
        if names := found["columns"][name]:
            says.append(str(about) % {"names": _listed(names)})
    return says or [gettext("dieselben Zeilen und Spalten")]


_COLUMN_WORDS = {
    "added": gettext_lazy("Spalten neu: %(names)s"),
    "removed": gettext_lazy("Spalten entfallen: %(names)s"),
    "altered": gettext_lazy("Spalten anders beschrieben: %(names)s"),
}


def comparison(found: Difference, *, old: Version, new: Version, visit: Visit) -> Comparison:
    """The whole difference in words."""
    said = msgspec.to_builtins(
        msgspec.structs.replace(found, rows_added=(), rows_removed=(), rows_changed=())
    )
    shown = len(found.rows_added), len(found.rows_removed), len(found.rows_changed)
    return Comparison(
        says=counted(said),
        by=_told_apart(found.key),
        changed=[
            _changed(before, after, found.key or (), old=old, new=new, visit=visit)
            for before, after in found.rows_changed
        ],
        added=table_of(new.collection, found.rows_added, visit),
        removed=table_of(old.collection, found.rows_removed, visit),
        more=any(n > s for n, s in zip((found.added, found.removed, found.changed or 0), shown, strict=True)),
    )


def table_of(collection: Collection, found: Sequence[Row], visit: Visit) -> Shown:
    """Rows as a table of their first columns."""
    columns = collection.columns[:_COLUMNS]
    return Shown(
        heads=[table.head(column) for column in columns],
        rows=table.cells([row.values for row in found], columns, visit),
        more_columns=len(collection.columns) - len(columns),
    )


def _told_apart(key: tuple[str, ...] | None) -> str:
    if key is None:
        return gettext(
            "Keine Spalte hält die Zeilen auseinander: Geänderte erscheinen als entfallen und als neu."
        )
    if not key:
        return gettext("Verglichen nach der Nummer der Zeile.")
    return gettext("Verglichen nach %(names)s.") % {"names": _listed(key)}


def _changed(
    before: Row, after: Row, key: Sequence[str], *, old: Version, new: Version, visit: Visit
) -> Changed:
    then = {c.name: (c, v) for c, v in zip(old.collection.columns, before.values, strict=True)}
    now = {c.name: (c, v) for c, v in zip(new.collection.columns, after.values, strict=True)}
    fields = [
        Field(table.head(now[name][0]).title, _text(then[name], visit), _text(now[name], visit))
        for name in now
        if name in then and then[name][1] != now[name][1]
    ]
    if before.geometry != after.geometry:
        fields.append(Field(gettext("Lage"), _place(before.geometry), _place(after.geometry)))
    named = key or [column.name for column in new.collection.columns if column.key]
    name = ", ".join(f"{table.head(now[each][0]).title} {_text(now[each], visit)}" for each in named)
    return Changed(name or gettext("Zeile %(n)s") % {"n": after.id}, fields[:_MOST_FIELDS])


def _text(pair: tuple[Any, Any], visit: Visit) -> str:
    column, value = pair
    return table.cell(value, column, visit).text


def _place(geometry: Any) -> str:
    if not isinstance(geometry, Mapping):
        return "–"
    if geometry.get("type") == "Point":
        return ", ".join(formats.number(float(part), digits=5) for part in geometry["coordinates"][1::-1])
    return str(geometry.get("type"))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(formats.quoted(name) for name in names)
