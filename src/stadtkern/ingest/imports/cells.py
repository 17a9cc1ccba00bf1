# SPDX-License-Identifier: EUPL-1.2
"""Turns the text of cells into results, each distinct text once."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from stadtkern.ingest.imports import mapping

Numbers = npt.NDArray[np.float64]

_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_QUICK = {".": re.compile(r"[0-9.+\-\n]*"), ",": re.compile(r"[0-9,+\-\n]*")}
_KEPT = 100_000
_SAMPLE = 1_000
_LARGEST = 2**53
_BLANKS = (" ", "\u00a0", "\u202f")
_TRUE = {"true", "yes", "ja", "1", "wahr", "an", "on"}
_FALSE = {"false", "no", "nein", "0", "falsch", "aus", "off"}
_FAULTS = frozenset("\x00\ufffd")
_NEXT = "\n"
_decode_numbers = msgspec.json.Decoder(list[float]).decode


class Cells(dict[str, Any]):
    """Text → result; fills itself, so that a column costs one lookup per cell.

    No reading is NaN (None for words).
    `refused` tells why a text is no reading; `corrected` holds texts that were read in a way worth reporting.
    """

    def __init__(self, *, clean: mapping.Clean, file: mapping.File):
        super().__init__()
        self.refused: dict[str, str] = {}
        self.corrected: dict[str, str] = {}
        self.numeric = clean.type in ("number", "integer")
        self._clean = clean
        self._missing = {"", *clean.missing}
        self._decimal = file.decimal
        self._thousands = file.thousands
        words = self._missing | set(clean.codes)
        plain = not file.thousands and not any(_PLAIN.fullmatch(w.replace(",", ".")) for w in words)
        self._quick = _QUICK[file.decimal] if plain and self.numeric else None
        self._read: Callable[[str], Any] = {
            "number": self._number,
            "integer": self._number,
            "category": self._category,
            "text": self._text,
            "boolean": self._boolean,
        }[clean.type]

    def __missing__(self, cell: str) -> Any:
        """Read a text met for the first time."""
        if len(self) > _KEPT:
            self.clear()
        try:
            value = self._value(cell)
        except ValueError as error:
            if len(self.refused) < _KEPT:
                self.refused[cell] = str(error)
            value = None
        if value is None and self.numeric:
            value = math.nan
        self[cell] = value
        return value

    def numbers(self, cells: Sequence[str]) -> Numbers:
        """A whole column; quick for columns in which hardly a number comes twice."""
        if self._quick and len(set(cells[:_SAMPLE])) > _SAMPLE // 2:
            found = self._at_once(cells)
            if found is not None:
                return found
        return np.fromiter(map(self.__getitem__, cells), np.float64, len(cells))

    def _at_once(self, cells: Sequence[str]) -> Numbers | None:
        """All cells as plain numbers or empty; None where one of them deserves a closer look."""
        text = "\n".join(cells)
        if self._quick is None or not self._quick.fullmatch(text):
            return None
        text = text.replace(",", ".")
        values = _json_numbers(text, len(cells))
        if values is None:
            try:
                values = np.fromiter(
                    (float(cell) if cell else math.nan for cell in text.split("\n")), np.float64, len(cells)
                )
            except ValueError:
                return None
        if self._clean.zero_is_missing:
            values[values == 0] = math.nan
        results: Numbers = values * self._clean.factor + self._clean.offset
        low, high = self._clean.minimum, self._clean.maximum
        odd = np.abs(values) >= _LARGEST
        odd |= results < (-math.inf if low is None else low)
        odd |= results > (math.inf if high is None else high)
        if self._clean.type == "integer":
            odd |= values != np.rint(values)
        return None if (odd & ~np.isnan(values)).any() else results

    def _value(self, cell: str) -> Any:
        text = cell.strip(" \t\r\n'\"")
        if text in self._missing or cell in self._missing:
            return None
        if not _FAULTS.isdisjoint(text):
            raise ValueError(f"{_short(text)} holds a character that cannot be read (wrong encoding?)")
        if text in self._clean.codes:
            self.corrected[cell] = "code"
            return float(self._clean.codes[text])
        return self._read(text)

    def _number(self, text: str) -> float | None:
        value = float(self._ungrouped(text))
        if abs(value) >= _LARGEST and "." not in text and "e" not in text.lower():
            raise ValueError(f"{_short(text)} has more digits than a number can keep")
        if value == 0 and self._clean.zero_is_missing:
            return None
        if self._clean.type == "integer" and value != int(value):
            raise ValueError(f"{_short(text)} is not a whole number")
        result = value * self._clean.factor + self._clean.offset
        self._within(result, text)
        return result

    def _within(self, result: float, text: str) -> None:
        low, high = self._clean.minimum, self._clean.maximum
        if (low is not None and result < low) or (high is not None and result > high):
            raise ValueError(f"{_short(text)} lies outside {low} … {high}")
        if result - result != 0:
            raise ValueError(f"{_short(text)} is too large")

    def _ungrouped(self, text: str) -> str:
        plain = text
        if self._thousands and any(sign in plain for sign in self._grouping()):
            plain = self._without_groups(plain)
        if self._decimal == ",":
            if "." in plain:
                raise ValueError(f"{_short(text)} has a point where the decimal sign is a comma")
            plain = plain.replace(",", ".")
        if not _PLAIN.fullmatch(plain):
            raise ValueError(f"{_short(text)} is not a number")
        return plain

    def _grouping(self) -> tuple[str, ...]:
        return _BLANKS if self._thousands == " " else (self._thousands,)

    def _without_groups(self, text: str) -> str:
        whole, decimal, rest = text.partition(self._decimal)
        for sign in self._grouping():
            whole = whole.replace(sign, "_")
        if not re.fullmatch(r"[+-]?\d{1,3}(_\d{3})+", whole, re.ASCII):
            raise ValueError(f"{_short(text)} is not grouped in threes; is the decimal sign right?")
        return whole.replace("_", "") + decimal + rest

    def _category(self, text: str) -> str:
        if not self._clean.categories:
            return text
        if text not in self._clean.categories:
            raise ValueError(f"{_short(text)} is not one of the categories of the mapping")
        return self._clean.categories[text]

    def _text(self, text: str) -> str:
        return text

    def _boolean(self, text: str) -> bool:
        word = text.lower()
        if word not in _TRUE | _FALSE:
            raise ValueError(f"{_short(text)} is neither yes nor no")
        return word in _TRUE


def _json_numbers(text: str, size: int) -> Numbers | None:
    """Numbers as JSON spells them, one a line; None where one is absent or spelled otherwise."""
    try:
        values = _decode_numbers(f"[{text.replace(_NEXT, ',')}]".encode())
    except msgspec.MsgspecError:
        return None
    return np.array(values, np.float64) if len(values) == size else None


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "…")
