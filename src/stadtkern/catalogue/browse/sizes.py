# SPDX-License-Identifier: EUPL-1.2
"""How large a download is: to the byte for a file, by its rows for what is made when somebody asks for it."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext, ngettext

from stadtkern.catalogue import automatic
from stadtkern.catalogue.browse.series import Holding
from stadtkern.catalogue.browse.table import Preview
from stadtkern.catalogue.entities import Distribution
from stadtkern.catalogue.takeaway import forms
from stadtkern.ui import formats

# Bytes of a row with one reading: of CSV without the name of its series, of Parquet, of Excel. Measured on
# the demo's counters and car parks: 94 and 62, 17 and 9, 31 and 27.
_CSV, _PARQUET, _EXCEL = 46, 13, 29
_UNITS = {3: "kB", 6: "MB", 9: "GB"}


def said(form: Distribution, *, tables: Sequence[Preview], holding: Holding | None) -> str:
    """`2,4 MB`, `23 Zeilen` or `544.929 Werte, etwa 50 MB`; empty where nothing is known."""
    if form.byte_size:
        return formats.size(form.byte_size)
    if form.made_by == automatic.SERIES and form.download_url and holding and holding.rows:
        return _readings(holding, ending=form.download_url.rpartition(".")[2])
    return next((each.says for each in tables if _holds(form, each)), "")


def _holds(form: Distribution, table: Preview) -> bool:
    return f"/collections/{table.collection.key}/download." in form.download_url


def _readings(holding: Holding, *, ending: str) -> str:
    name = sum(len(row.name.encode()) for row in holding.rows) / len(holding.rows)
    n = min(holding.readings, forms.MOST_IN_EXCEL) if ending == "xlsx" else holding.readings
    each = {"csv": _CSV + name, "parquet": _PARQUET, "xlsx": _EXCEL}.get(ending)
    words = ngettext("%(n)s Wert", "%(n)s Werte", n) % {"n": formats.number(n, digits=0)}
    if each is None or not n:
        return words
    return gettext("%(rows)s, etwa %(size)s") % {"rows": words, "size": _roughly(n * each)}


def _roughly(size: float) -> str:
    """`50 MB`: one digit that means something, as it is no more than an estimate."""
    ten = 10 ** (len(str(int(size))) - 1)
    rounded = max(1000, round(size / ten) * ten)
    unit = next(power for power in (9, 6, 3) if rounded >= 10**power)
    return f"{formats.number(rounded // 10**unit, digits=0)} {_UNITS[unit]}"
