# SPDX-License-Identifier: EUPL-1.2
"""The cleaning of a column as people write it on the page, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgspec

from stadtkern.ingest.imports import mapping, tables


def written(column: tables.Column) -> str:
    """Words without a value, and those that stand for a number."""
    codes = [f"{word}={value:g}" for word, value in column.clean.codes.items()]
    return ", ".join([*column.clean.missing, *codes])


def chosen(column: tables.Column, given: Mapping[str, Any], number: int) -> tables.Column:
    """A column as it was chosen; `word` means no value, `word=0` a number."""
    type_ = given[f"c{number}-type"]
    missing, codes = _words(given[f"c{number}-void"])
    numeric = type_ in ("integer", "number", "boolean")
    clean = {"type": type_ if numeric else "text", "missing": missing, "codes": codes if numeric else {}}
    return msgspec.structs.replace(
        column,
        title=given[f"c{number}-title"].strip() or column.source,
        type=type_,
        unit=given[f"c{number}-unit"].strip(),
        clean=msgspec.convert(clean, mapping.Clean),
    )


def _words(text: str) -> tuple[list[str], dict[str, float]]:
    missing: list[str] = []
    codes: dict[str, float] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        word, sign, value = entry.rpartition("=")
        try:
            number = float(value) if sign else math.nan
        except ValueError:
            number = math.nan
        if word.strip() and math.isfinite(number):
            codes[word.strip()] = number
        else:
            missing.append(entry)
    return missing, codes
