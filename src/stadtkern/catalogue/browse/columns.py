# SPDX-License-Identifier: EUPL-1.2
"""What the columns of a dataset's data mean, for whoever opens a file of it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from django.utils.translation import gettext, gettext_lazy

from stadtkern.catalogue.browse import wording
from stadtkern.catalogue.browse.series import Holding
from stadtkern.catalogue.browse.table import Preview

_TYPES = {
    "text": gettext_lazy("Text"),
    "integer": gettext_lazy("ganze Zahl"),
    "number": gettext_lazy("Zahl"),
    "boolean": gettext_lazy("ja oder nein"),
    "date": gettext_lazy("Datum"),
    "instant": gettext_lazy("Zeitpunkt (UTC)"),
    "json": gettext_lazy("mehrere Werte (JSON)"),
}


class Explained(msgspec.Struct, frozen=True):
    """A column: its name in files, how people call it, what its values are, and what it says."""

    name: str
    title: str
    kind: str
    unit: str
    about: str


class Columns(msgspec.Struct, frozen=True):
    """The columns of a table."""

    title: str
    rows: Sequence[Explained]


def explained(preview: Preview) -> Columns:
    """Those of a collection, with its geometry."""
    rows = []
    for column in preview.collection.columns:
        about = wording.said(dict(column.description))
        if column.key:
            about = " ".join(text for text in (about, gettext("Hält die Zeilen auseinander.")) if text)
        title = wording.said(dict(column.title)) or column.name
        rows.append(Explained(column.name, title, str(_TYPES[column.type]), column.unit, about))
    if preview.geometry:
        about = gettext("Wo es liegt: Länge und Breite in WGS 84, in CSV als WKT.")
        rows.append(Explained("geometry", gettext("Lage"), gettext("Geometrie"), "", about))
    return Columns(preview.title, rows)


def of_series(holding: Holding | None) -> list[Columns]:
    """Those of the file with all readings of time series."""
    if holding is None or not holding.rows:
        return []
    when = gettext("Zeitpunkt oder Zeitraum (UTC)")
    measured = gettext("Wann gemessen wurde, nicht wann es ankam.")
    fine = gettext("Leer, wo nichts beanstandet ist.")
    rows = [
        Explained("phenomenonTime", gettext("Zeit"), when, "", measured),
        Explained("result", gettext("Wert"), gettext("Zahl"), gettext("je Messreihe"), ""),
        Explained("resultQuality", gettext("Güte"), gettext("Text"), "", fine),
        Explained("Datastream/id", gettext("Nummer der Messreihe"), gettext("ganze Zahl"), "", ""),
        Explained("Datastream/name", gettext("Name der Messreihe"), gettext("Text"), "", ""),
    ]
    return [Columns("", rows)]
