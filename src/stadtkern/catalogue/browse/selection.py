# SPDX-License-Identifier: EUPL-1.2
"""What somebody wants to see of a table, as it stands in an address: words, conditions, an order, a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from django.http import QueryDict
from django.utils.http import urlencode
from django.utils.translation import gettext, gettext_lazy

from stadtkern.features import tree
from stadtkern.features.entities import Collection, Column
from stadtkern.ui import days

MOST_CONDITIONS = 6
LAST_PAGE = 200
_LONGEST = 200
# Beyond, the database compares no whole numbers.
_LARGEST = 2**62
WAYS: Mapping[str, Any] = {
    "enthaelt": gettext_lazy("enthält"),
    "ist": gettext_lazy("ist genau"),
    "ab": gettext_lazy("ist mindestens"),
    "bis": gettext_lazy("ist höchstens"),
    "leer": gettext_lazy("ist leer"),
}
_COMPARED: Mapping[str, tree.Comparing] = {"ab": ">=", "bis": "<="}


class Condition(msgspec.Struct, frozen=True):
    """A column, how it is compared, and with what, as people typed it; `wrong`: why it cannot be used."""

    column: Column
    way: str
    value: str
    wrong: str = ""


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the address of a table's page says."""

    table: str = ""
    text: str = ""
    conditions: Sequence[Condition] = ()
    order: str = ""
    descending: bool = False
    page: int = 1

    def query(self, **other: Any) -> str:
        """The address's query for this selection, or one that differs in something."""
        wanted = msgspec.structs.replace(self, **other)
        pairs = [("tabelle", wanted.table), ("q", wanted.text)]
        for each in wanted.conditions:
            pairs += [("spalte", each.column.name), ("wie", each.way), ("wert", each.value)]
        order = f"-{wanted.order}" if wanted.descending and wanted.order else wanted.order
        pairs += [("sortierung", order), ("seite", str(wanted.page) if wanted.page > 1 else "")]
        return "?" + urlencode([(name, value) for name, value in pairs if value or name == "wert"])

    def hidden(self) -> list[tuple[str, str]]:
        """What a form must carry along so that its new condition is added to the others."""
        found = QueryDict(self.query(text="", page=1)[1:])
        return [(name, value) for name, values in found.lists() for value in values]

    def filter(self) -> tree.Filter | None:
        """All that can be used of it."""
        words = tuple(self.text.split())
        usable = [_condition(each) for each in self.conditions if not each.wrong]
        return tree.every([tree.Search(words) if words else None, *usable])

    def ordered(self) -> list[tree.Order]:
        """The order, where one is asked for."""
        return [tree.Order(self.order, self.descending)] if self.order else []

    def cql(self) -> str:
        """The conditions in CQL2 for the downloads; words in any column cannot be said in it."""
        return " AND ".join(_cql(each) for each in self.conditions if not each.wrong)


def read(given: QueryDict, *, table: Collection, named: bool) -> Selection:
    """A selection from an address; what no such table has is left out. `named`: of several tables."""
    columns = {column.name: column for column in table.columns if column.type != "json"}
    asked = zip(given.getlist("spalte"), given.getlist("wie"), given.getlist("wert"), strict=False)
    conditions = [
        _checked(columns[name], way, value.strip()[:_LONGEST])
        for name, way, value in dict.fromkeys(asked)
        if name in columns and way in WAYS and (value.strip() or way == "leer")
    ]
    order = given.get("sortierung", "")
    page = given.get("seite", "1")
    return Selection(
        table=table.key if named else "",
        text=" ".join(given.get("q", "").replace("\0", "").split())[:_LONGEST],
        conditions=conditions[:MOST_CONDITIONS],
        order=order.removeprefix("-") if order.removeprefix("-") in columns else "",
        descending=order.startswith("-"),
        page=max(1, min(int(page), LAST_PAGE)) if page.isdecimal() and len(page) < 6 else 1,
    )


def _checked(column: Column, way: str, value: str) -> Condition:
    value = "" if way == "leer" else value.replace("\0", "")
    if way == "leer" or (way == "enthaelt" and column.type == "text"):
        return Condition(column, way, value)
    if way == "enthaelt":
        way = "ist"
    wrong = ""
    if _literal(column, value) is None:
        wrong = gettext("„%(value)s“ passt nicht zu dieser Spalte.") % {"value": value}
    return Condition(column, way, value, wrong)


def _literal(column: Column, value: str) -> tree.Literally | None:
    """A value as people write it: `1.234,5`, `31.12.2025`, `ja`."""
    if column.type in ("integer", "number") and "," in value:
        value = value.replace(".", "").replace(",", ".")
    elif column.type in ("date", "instant"):
        value = days.tidy(value.strip())
        if column.type == "instant" and len(value) == 10:
            value += "T00:00:00Z"
    elif column.type == "boolean":
        value = {"ja": "true", "nein": "false", "yes": "true", "no": "false"}.get(value.lower(), value)
    found = tree.literal(column.type, value)
    if found is not None and found.kind == "number" and not -_LARGEST < found.value < _LARGEST:
        return None
    return found


def _condition(given: Condition) -> tree.Filter | None:
    column = tree.Property(given.column.name)
    if given.way == "leer":
        return tree.Absent(column)
    if given.way == "enthaelt":
        pattern = tree.Literally("text", f"%{_escaped(given.value)}%")
        return tree.Like(tree.Folded("casei", column), tree.Folded("casei", pattern))
    literal = _literal(given.column, given.value)
    if literal is None:
        return None
    if given.way == "ist":
        return tree.equals(given.column, [literal.value])
    return tree.Compare(_COMPARED[given.way], column, literal)


def _cql(given: Condition) -> str:
    name = '"' + given.column.name.replace('"', '""') + '"'
    if given.way == "leer":
        return f"{name} IS NULL"
    if given.way == "enthaelt":
        return f"CASEI({name}) LIKE CASEI({_quoted(f'%{_escaped(given.value)}%')})"
    literal = _literal(given.column, given.value)
    value: Any = literal.value if literal else given.value
    sign = _COMPARED.get(given.way, "=")
    match given.column.type:
        case "integer" | "number":
            return f"{name} {sign} {value!r}"
        case "boolean":
            return f"{name} {sign} {'TRUE' if value else 'FALSE'}"
        case "date":
            return f"{name} {sign} DATE('{value.isoformat()}')"
        case "instant":
            return f"{name} {sign} TIMESTAMP('{value.isoformat().replace('+00:00', 'Z')}')"
    return f"{name} {sign} {_quoted(str(value))}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
