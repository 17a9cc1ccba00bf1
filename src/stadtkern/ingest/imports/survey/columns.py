# SPDX-License-Identifier: EUPL-1.2
"""Guesses what a column holds from its cells: type, decimal sign, words for missing, unit."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import msgspec

from stadtkern.ingest.imports import mapping, times
from stadtkern.ingest.imports.tables import Type

Decimal = Literal["", ".", ","]
_SIGNS = frozenset(("-", "--", "---", "–", "*", "?", "#n/a", "#nv"))
NONE = _SIGNS | {"n/a", "na", "nan", "null", "none", "k.a.", "k. a.", "ka", "ges", "geschlossen", "closed"}
FULL = frozenset({"bes", "besetzt", "voll", "full"})
_YES_NO = frozenset({"ja", "nein", "true", "false", "wahr", "falsch", "yes", "no"})
_INTEGER = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_POINT = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)?\.\d+([eE][+-]?\d{1,3})?|[+-]?\d{1,3}(,\d{3})+", re.ASCII)
_COMMA = re.compile(r"[+-]?(\d{1,3}([.  ]\d{3})+|\d+)?,\d+|[+-]?\d{1,3}([.  ]\d{3})+", re.ASCII)
_EITHER = re.compile(r"[+-]?\d{1,3}[.,]\d{3}", re.ASCII)
_CODE = re.compile(r"0\d+", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d?-\d\d?|\d\d?\.\d\d?\.(\d{4}|\d\d)", re.ASCII)
_SLASHED = re.compile(r"(\d\d?)/(\d\d?)/\d{4}", re.ASCII)
_UNIT = re.compile(r".*?(?:\bin |\[|\()(?P<unit>[^\]()\[\]]{1,15})[\])]?$")
_PARTLY = 0.5
_MOST_ODD = 40
_EXAMPLES = 5
_Fits = Callable[[str], bool]


class Profile(msgspec.Struct, kw_only=True):
    """What the cells of one column look like in the part of the file that was looked at."""

    label: str
    type: Type = "text"
    unit: str = ""
    decimal: Decimal = ""
    thousands: Literal["", ".", ",", " "] = ""
    format: str = "auto"
    filled: int = 0
    empty: int = 0
    distinct: int = 0
    missing: list[str] = []
    """Words that stand for *no reading* in a column of numbers or times."""
    codes: dict[str, float] = {}
    odd: dict[str, int] = {}
    """Other words in a column of numbers or times: somebody has to say what they mean."""
    examples: list[str] = []


def sign_of(columns: Sequence[Sequence[str]]) -> Literal[".", ","]:
    """The decimal sign of a file, by the numbers that leave no doubt."""
    found = Counter[str]()
    for column in columns:
        for cell in column[:2_000]:
            text = cell.strip()
            if text and not _EITHER.fullmatch(text) and not _DAY.fullmatch(text):
                found["."] += _POINT.fullmatch(text) is not None
                found[","] += _COMMA.fullmatch(text) is not None
    return "," if found[","] > found["."] else "."


def profile(*, label: str, cells: Sequence[str], sign: Literal[".", ","]) -> Profile:
    """What a column seems to hold. `sign` decides where a number could be read in two ways."""
    texts = Counter(cell.strip() for cell in cells)
    empty = texts.pop("", 0)
    found = Profile(label=label, empty=empty, filled=texts.total(), distinct=len(texts), unit=unit_of(label))
    found.examples = [text[:80] for text, _ in texts.most_common(_EXAMPLES)]
    if texts:
        _decide(found, texts, sign)
    return found


def unit_of(label: str) -> str:
    """The unit in a heading such as `Temperatur (°C)` or `NO2 in µg/m³`."""
    match = _UNIT.fullmatch(label)
    return match["unit"].strip() if match and " " not in match["unit"].strip() else ""


def share_words(profiles: Sequence[Profile]) -> None:
    """A word that stands for something in one column of numbers does so in the others, further down."""
    numbers = [profile for profile in profiles if profile.type in ("integer", "number")]
    missing = {word for profile in numbers for word in profile.missing}
    codes = {word: value for profile in numbers for word, value in profile.codes.items()}
    for profile in numbers:
        profile.missing = sorted(missing)
        profile.codes = dict(sorted(codes.items()))


def title_of(label: str) -> str:
    """A heading without the unit in it: `Temperatur (°C)` → `Temperatur`."""
    unit = unit_of(label)
    if not unit:
        return label
    return re.sub(r"\s*(\bin|\[|\()\s*$", "", label[: label.rindex(unit)]).strip() or label


def _decide(found: Profile, texts: Counter[str], sign: Literal[".", ","]) -> None:
    if _share(texts, lambda t: t.lower() in _YES_NO) == 1:
        found.type = "boolean"
    elif _share(texts, lambda t: t[0] in "{[" and t[-1] in "}]") == 1:
        found.type = "json"
    elif not _times(found, texts):
        _numbers(found, texts, sign)


def _share(texts: Counter[str], fits: _Fits) -> float:
    return sum(n for text, n in texts.items() if fits(text)) / max(1, texts.total())


def _times(found: Profile, texts: Counter[str]) -> bool:
    """Whether it is a column of days or instants."""
    known = {text: n for text, n in texts.items() if text.lower() not in NONE}
    if not known:
        found.missing = sorted(texts)  # nothing but words for nothing
    sample = Counter(dict(list(known.items())[:2_000]))
    if not sample:
        return False
    slashed = [match for text in sample if (match := _SLASHED.match(text))]
    if len(slashed) > 0.9 * len(sample):
        day_first = any(int(match[1]) > 12 for match in slashed)
        clocked = any(":" in text for text in sample)
        found.format = ("%d/%m/%Y" if day_first else "%m/%d/%Y") + (" %H:%M" if clocked else "")
    clock = times.Clock(time=mapping.Time(column="", format=found.format))
    day = _share(sample, lambda t: bool(_DAY.fullmatch(t) or _SLASHED.fullmatch(t))) > 0.9
    # What is written as a day is one, also where some were never in a calendar: these are named then.
    if _share(sample, lambda t: clock[t] != times.STORY) < (_PARTLY if day else 0.9):
        found.format = "auto"
        return False
    found.type = "date" if day else "instant"
    _words(found, {t: n for t, n in texts.items() if t.lower() in NONE or clock[t] == times.STORY})
    return True


def _numbers(found: Profile, texts: Counter[str], sign: Literal[".", ","]) -> None:
    """Whether it is a column of numbers, and how they are written."""
    if any(_CODE.fullmatch(text) for text in texts):
        return  # keys and postal codes would lose their zero
    signs = {
        ".": sum(n for text, n in texts.items() if _POINT.fullmatch(text)),
        ",": sum(n for text, n in texts.items() if _COMMA.fullmatch(text)),
    }
    better: Literal[".", ","] = sign if signs["."] == signs[","] else "," if signs[","] > signs["."] else "."
    words = {t: n for t, n in texts.items() if not _number(t, better)}
    numbers = texts.total() - sum(words.values())
    unknown = sum(n for t, n in words.items() if t.lower() not in NONE | FULL)
    if not numbers or unknown > _PARTLY * numbers or len(words) > max(_MOST_ODD, 0.1 * len(texts)):
        return
    found.type = "number" if signs[better] else "integer"
    if signs[better] or better != sign:
        found.decimal = better
    grouped = [t for t in texts if re.fullmatch(r"[+-]?\d{1,3}([.,  ]\d{3})+([.,]\d+)?", t, re.ASCII)]
    group = next((s for t in grouped for s in t if not s.isdigit() and s not in "+-" and s != better), "")
    found.thousands = "," if group == "," else "." if group == "." else " " if group else ""
    if found.type == "number" and not any(_fraction(t, better) for t in texts):
        found.type = "integer"
    _words(found, words)


def _number(text: str, sign: str) -> bool:
    return bool(_INTEGER.fullmatch(text) or (_POINT if sign == "." else _COMMA).fullmatch(text))


def _fraction(text: str, sign: str) -> bool:
    return sign in text


def _words(found: Profile, words: Mapping[str, int]) -> None:
    """Put words aside: those that are known, and those that somebody has to explain."""
    found.missing = sorted(word for word in words if word.lower() in NONE)
    found.codes = {word: 0.0 for word in words if word.lower() in FULL}
    rest = Counter({w: n for w, n in words.items() if w.lower() not in NONE | FULL})
    found.odd = {word[:60]: n for word, n in rest.most_common(_MOST_ODD)}
