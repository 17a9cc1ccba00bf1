# SPDX-License-Identifier: EUPL-1.2
"""Tiles as parts of a story: kinds, words and checks are those of the boards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils.translation import gettext

from stadtkern.insights.boards import forms, sources, words
from stadtkern.insights.boards.words import Kind
from stadtkern.insights.cockpit.definitions import PLAIN, Definition, Form

KINDS: Mapping[Form, Kind] = words.KINDS
FIELDS = ("tile", *forms.TileForm.base_fields)
_KEY = "kachel"
# Of fields that another kind has shown before.
_USUAL = {"most": "5", "above": "0"}
HALF, WHOLE = 6, 12


class Spoken(NamedTuple):
    """The fields of a tile by language, and what its kind shows."""

    about: str
    own: Sequence[BoundField]
    english: Sequence[BoundField]
    easy: Sequence[BoundField]
    said_in_english: bool


def kind(name: str) -> Form:
    """The kind of tile with this name; where there is none, the first."""
    return next((form for form in KINDS if form == name), next(iter(KINDS)))


def fields(
    data: Mapping[str, Any] | None, *, prefix: str, initial: Mapping[str, Any] | None
) -> forms.TileForm:
    """The fields of the chosen kind, as boards have them; empty ones begin with what is usual."""
    begin = {name: value for name, value in (initial or {}).items() if value}
    if data is None:
        return forms.TileForm(kind=kind(str(begin.get("tile", ""))), prefix=prefix, initial=begin)
    usual = {f"{prefix}-{name}": value for name, value in _USUAL.items() if not data.get(f"{prefix}-{name}")}
    given = {**data, **usual}
    return forms.TileForm(given, kind=kind(str(data.get(f"{prefix}-tile", ""))), prefix=prefix)


def spoken(form: forms.TileForm) -> Spoken:
    """The fields of the page's own languages, those in English, those in easy language."""
    bound = list(form)
    english = [each for each in bound if each.name.endswith("_en")]
    easy = [each for each in bound if each.name.endswith("_easy")]
    own = [each for each in bound if each not in english and each not in easy]
    return Spoken(str(KINDS[form.kind].about), own, english, easy, any(each.value() for each in english))


def start(tile: Definition) -> dict[str, Any]:
    """What the form of a tile begins with."""
    return {**forms.tile_start(tile), "tile": tile.form, "source": sources.query(sources.of_tile(tile))}


def fed(name: str) -> bool:
    """Whether a tile of this kind needs data."""
    return kind(name) not in PLAIN


def read(address: str) -> str:
    """The query of what feeds a tile, from an address. Raises ValidationError where it names nothing."""
    source = sources.of_address(of_series(address))
    if source["properties"] or source["streams"]:
        return sources.query(source)
    raise ValidationError(gettext("Hier steht nicht, woher die Werte kommen. Suchen Sie unten danach."))


def of_series(address: str) -> str:
    """The address of a page of a series stands for the series."""
    _, mark, rest = address.partition("/messreihen/")
    number = rest.partition("?")[0].partition("/")[0]
    return f"reihe={number}" if mark and number.isdecimal() else address


def together(chosen: str, taken: str) -> str:
    """The query of what both name."""
    return sources.query(sources.both(sources.of_address(chosen), sources.of_address(taken)))


def without(chosen: str, dropped: str) -> str:
    """The query of what the first names and the second does not."""
    return sources.query(sources.but(sources.of_address(chosen), sources.of_address(dropped)))


def told(form: forms.TileForm, *, source: str) -> Definition:
    """The tile as it is kept."""
    return form.told(key=_KEY, source=sources.of_address(source))


def lines(tile: Definition) -> list[str]:
    """A tile line by line, for the comparison of versions."""
    begun = forms.tile_start(tile)
    form = forms.TileForm(kind=tile.form, initial=begun)
    said = [
        f"{bound.label}: {begun[bound.name]}"
        for bound in form
        if begun.get(bound.name) and bound.name not in ("above", "wide")
    ]
    if tile.above:
        above: Any = form.fields["above"]
        said.append(f"{above.label}: {dict(above.choices)['1']}")
    return said + ([str(form.fields["wide"].label)] if tile.wide else [])


def widths(wide: Sequence[bool]) -> list[int]:
    """Columns of twelve for tiles in a row: two beside each other, wide ones and the last alone."""
    found: list[int] = []
    for at, alone in enumerate(wide):
        left = found.count(HALF) % 2 == 1
        beside = left or (at + 1 < len(wide) and not wide[at + 1])
        found.append(HALF if not alone and beside else WHOLE)
    return found
