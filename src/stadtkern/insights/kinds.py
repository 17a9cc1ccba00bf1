# SPDX-License-Identifier: EUPL-1.2
"""Kinds of places, told from what is observed there: their name and their shape on the map."""

from __future__ import annotations

from functools import cache

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of place; `words` occur in the definitions of the properties observed at it."""

    key: str
    one: Promise
    many: Promise
    shape: str
    words: tuple[str, ...] = ()


KINDS = (
    Kind(
        key="rad",
        one=gettext_lazy("Fahrradzählstelle"),
        many=gettext_lazy("Fahrradzählstellen"),
        shape="circle",
        words=("bicycle", "cycling", "bike"),
    ),
    Kind(
        key="behindertenparkplatz",
        one=gettext_lazy("Behindertenparkplatz"),
        many=gettext_lazy("Behindertenparkplätze"),
        shape="diamond",
        words=("bay", "disabled"),
    ),
    Kind(
        key="parkhaus",
        one=gettext_lazy("Parkhaus"),
        many=gettext_lazy("Parkhäuser"),
        shape="square",
        words=("parking", "free_spaces", "free-spaces", "car-park", "spaces"),
    ),
    Kind(
        key="boden",
        one=gettext_lazy("Bodenfeuchte-Sonde"),
        many=gettext_lazy("Bodenfeuchte-Sonden"),
        shape="triangle",
        words=("soil", "moisture"),
    ),
    Kind(
        key="grundwasser",
        one=gettext_lazy("Grundwassermessstelle"),
        many=gettext_lazy("Grundwassermessstellen"),
        shape="hexagon",
        words=("groundwater", "water-level", "water_level"),
    ),
    Kind(
        key="luft",
        one=gettext_lazy("Luftmessstation"),
        many=gettext_lazy("Luftmessstationen"),
        shape="hexagon",
        words=("pm10", "pm25", "pm2.5", "no2", "o3", "ozone", "air"),
    ),
    Kind(
        key="energie",
        one=gettext_lazy("Gebäude mit Energiezähler"),
        many=gettext_lazy("Gebäude mit Energiezählern"),
        shape="square",
        words=("electric", "gas", "energy", "heat"),
    ),
    Kind(
        key="wetter",
        one=gettext_lazy("Wetterstation"),
        many=gettext_lazy("Wetterstationen"),
        shape="triangle",
        words=("temperature", "humidity", "precipitation"),
    ),
)
OTHER = Kind(
    key="weitere", one=gettext_lazy("Messort"), many=gettext_lazy("Weitere Messorte"), shape="circle"
)
BY_KEY = {kind.key: kind for kind in (*KINDS, OTHER)}


@cache
def of(definition: str) -> Kind:
    """The kind of place at which a property with this definition is observed."""
    text = definition.lower()
    return next((kind for kind in KINDS if any(word in text for word in kind.words)), OTHER)


def pattern(kind: Kind) -> str:
    """A regular expression (PostgreSQL) for the definitions of a kind."""
    return "|".join(word.replace(".", r"\.") for word in kind.words)
