# SPDX-License-Identifier: EUPL-1.2
"""Writes the inventory as an Excel workbook, in the columns that the import reads."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext

from stadtkern.catalogue.inventory.cells import MOST_LINES
from stadtkern.catalogue.inventory.entities import CHOICES, FIELDS, Entry
from stadtkern.catalogue.inventory.sheet import NUMBER, REVISION

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WIDTHS = {"title": 36, "description": 48, "openness_reason": 36, "legal_basis": 30, "concept": 36}
Concepts = Sequence[tuple[str, str]]


def write(entries: Iterable[Entry], *, concepts: Concepts) -> bytes:
    """The list of entries; without any, the template. `concepts`: IRI and label of the Musterdatenkatalog."""
    import openpyxl
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = gettext("Inventar")
    names = ["number", "revision", *FIELDS]
    heads = [str(NUMBER), str(REVISION), *(str(words) for words in FIELDS.values())]
    for at, (name, head) in enumerate(zip(names, heads, strict=True), start=1):
        cell = sheet.cell(1, at, head)
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="E3F1ED")
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[get_column_letter(at)].width = _WIDTHS.get(name, 8 if at < 3 else 22)
    labels = dict(concepts)
    for line, entry in enumerate(entries, start=2):
        for at, value in enumerate(_values(entry, labels), start=1):
            _put(sheet.cell(line, at), value)
    sheet.freeze_panes = "D2"
    second = _explained(book, labels)
    _lists(sheet, names, second, len(labels))
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _values(entry: Entry, labels: dict[str, str]) -> list[Any]:
    facts: list[Any] = []
    for name in FIELDS:
        value = getattr(entry.facts, name)
        if name in CHOICES:
            value = str(CHOICES[name][value])
        facts.append(labels.get(value, value) if name == "concept" else value)
    return [entry.id, entry.revision, *facts]


def _put(cell: Any, value: Any) -> None:
    """Write a value; text stays text, also where it looks like a formula."""
    if isinstance(value, str):
        cell.value = value or None
        if value:
            cell.data_type, cell.quotePrefix = "s", value[0] in "=+-@\t"
    else:
        cell.value = value
        if value is not None and not isinstance(value, int):
            cell.number_format = "DD.MM.YYYY"


def _explained(book: Any, labels: dict[str, str]) -> str:
    """The second sheet: how to fill in, and the names to choose from."""
    sheet = book.create_sheet(gettext("Erläuterung"))
    sheet.column_dimensions["A"].width = 60
    sheet.column_dimensions["C"].width = 90
    for line, label in enumerate(labels.values(), start=1):
        _put(sheet.cell(line, 1), label)
    says = [
        gettext("Links stehen die Namen des Musterdatenkatalogs für die Spalte „Musterdatensatz“."),
        gettext("Nötig ist nur der Titel; alles andere lässt sich später ergänzen."),
        gettext("Die Spalten „Nr.“ und „Fassung“ bleiben bei neuen Einträgen leer."),
        gettext("Ist eine Zeile falsch, wird nichts übernommen; die Seite nennt Zeile und Spalte."),
    ]
    for line, text in enumerate(says, start=1):
        sheet.cell(line, 3, text)
    return str(sheet.title)


def _lists(sheet: Any, names: Sequence[str], second: str, n_labels: int) -> None:
    """Lists to choose from, in the columns that know only some answers."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    for at, name in enumerate(names, start=1):
        if name in CHOICES:
            # A list in a formula is divided by commas, so answers with a comma can only be typed.
            words = [str(w) for w in CHOICES[name].values() if "," not in str(w)]
            choice = DataValidation(type="list", formula1='"' + ",".join(words) + '"', showErrorMessage=False)
        elif name == "concept" and n_labels:
            choice = DataValidation(
                type="list", formula1=f"'{second}'!$A$1:$A${n_labels}", showErrorMessage=False
            )
        else:
            continue
        sheet.add_data_validation(choice)
        letter = get_column_letter(at)
        choice.add(f"{letter}2:{letter}{MOST_LINES}")
