# SPDX-License-Identifier: EUPL-1.2
"""Kinds of places: their name, their shape on the map, and what their values mean in words."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of place, told by the thing's property `type` or else by words in what is observed there."""

    key: str
    one: Promise
    many: Promise
    shape: str
    types: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    states: Mapping[bool, Promise] = {}


KINDS = (
    Kind(
        key="rad",
        one=gettext_lazy("Fahrradzählstelle"),
        many=gettext_lazy("Fahrradzählstellen"),
        shape="circle",
        types=("bicycle_counter",),
        words=("bicycle", "fahrräder", "fahrrad"),
    ),
    Kind(
        key="parkhaus",
        one=gettext_lazy("Parkhaus"),
        many=gettext_lazy("Parkhäuser"),
        shape="square",
        types=("car_park",),
        words=("parkplätze", "free spaces"),
    ),
    Kind(
        key="behindertenparkplatz",
        one=gettext_lazy("Behindertenparkplatz"),
        many=gettext_lazy("Behindertenparkplätze"),
        shape="diamond",
        types=("bay",),
        states={False: gettext_lazy("frei"), True: gettext_lazy("belegt")},
    ),
    Kind(
        key="baum",
        one=gettext_lazy("Stadtbaum mit Bodensonde"),
        many=gettext_lazy("Stadtbäume mit Bodensonde"),
        shape="triangle",
        types=("tree",),
        words=("bodenfeuchte", "soil"),
    ),
    Kind(
        key="grundwasser",
        one=gettext_lazy("Grundwassermessstelle"),
        many=gettext_lazy("Grundwassermessstellen"),
        shape="hexagon",
        types=("well",),
        words=("grundwasser", "groundwater"),
    ),
    Kind(
        key="klima",
        one=gettext_lazy("Klimastation"),
        many=gettext_lazy("Klimastationen"),
        shape="triangle-down",
        types=("climate",),
        words=("temperatur", "luftfeuchte", "humidity"),
    ),
    Kind(
        key="luft",
        one=gettext_lazy("Luftmessstation"),
        many=gettext_lazy("Luftmessstationen"),
        shape="hexagon",
        types=("air",),
        words=("feinstaub", "ozon", "stickstoff", "pollutant"),
    ),
    Kind(
        key="gebaeude",
        one=gettext_lazy("Gebäude mit Energiezählern"),
        many=gettext_lazy("Gebäude mit Energiezählern"),
        shape="square",
        types=("building",),
        words=("strom", "gasbezug", "energy"),
    ),
)
OTHER = Kind(
    key="weitere", one=gettext_lazy("Messort"), many=gettext_lazy("Weitere Messorte"), shape="circle"
)
BY_KEY = {kind.key: kind for kind in (*KINDS, OTHER)}
_BY_TYPE = {name: kind for kind in KINDS for name in kind.types}


@cache
def of(type_: str, observed: str) -> Kind:
    """The kind of a thing with this type, at which a property with this name and definition is observed."""
    text = observed.lower()
    return _BY_TYPE.get(type_) or next((k for k in KINDS if any(word in text for word in k.words)), OTHER)


def pattern(kind: Kind) -> str:
    """A regular expression (PostgreSQL) for what is observed at places of a kind."""
    return "|".join(kind.words) or "$^"
