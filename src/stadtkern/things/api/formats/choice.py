# SPDX-License-Identifier: EUPL-1.2
"""Which form an answer takes: `$resultFormat` says it, or else the header Accept."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from stadtkern.core import problems
from stadtkern.things import entities
from stadtkern.things.language.paths import Resource
from stadtkern.things.language.tree import Options


class Format(StrEnum):
    """The forms, as `$resultFormat` names them; capitals make no difference there."""

    JSON = "JSON"
    DATA_ARRAY = "dataArray"
    GEOJSON = "GeoJSON"
    CSV = "CSV"


MEDIA_TYPES: Mapping[Format, str] = {
    Format.JSON: "application/json",
    Format.DATA_ARRAY: "application/json",
    Format.GEOJSON: "application/geo+json",
    Format.CSV: "text/csv; charset=utf-8; header=present",
}
_BY_NAME = {form.lower(): form for form in Format}
# The first of equally welcome types wins.
_NEGOTIATED = {
    "application/json": Format.JSON,
    "application/geo+json": Format.GEOJSON,
    "text/csv": Format.CSV,
}


class UnknownFormat(problems.Problem):
    """There is no such result format.

    $resultFormat takes JSON (the default), dataArray, GeoJSON or CSV.
    """


class UnfitFormat(problems.Problem):
    """The result format does not fit what is asked for.

    Leave $resultFormat out, or ask for the collection or entity itself.
    """


def said(options: Options, accept: str | None) -> Format:
    """The format that a request asks for. Raises UnknownFormat."""
    text = options.given.get("$resultFormat")
    if text is None:
        return _negotiated(accept) if accept else Format.JSON
    found = _BY_NAME.get(text.strip().lower()) if text.strip() else Format.JSON
    if found is None:
        raise UnknownFormat(f"{text[:40]!r} is not offered", where="$resultFormat")
    return found


def choose(resource: Resource, options: Options, accept: str | None) -> Format:
    """The format, checked against what the address points to. Raises UnknownFormat, UnfitFormat."""
    form = said(options, accept)
    if form is Format.JSON:
        return form
    if resource.inside or resource.tail:
        if "$resultFormat" in options.given:
            raise UnfitFormat(f"{form} shows entities, not one of their parts", where="$resultFormat")
        return Format.JSON
    last = resource.last
    if form is Format.DATA_ARRAY and not (last.many and last.entity is entities.OBSERVATION):
        raise UnfitFormat(
            "dataArray lists Observations (18-088, clause 13.1), e.g. /Datastreams(1)/Observations",
            where="$resultFormat",
        )
    return form


def _negotiated(accept: str) -> Format:
    """The most welcome of the types we have; whoever takes anything gets JSON."""
    wanted = {}
    for part in accept.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        wanted[name] = _weight(parameters)
    every = wanted.get("*/*", 0.0)
    weights = {
        form: wanted.get(name, wanted.get(name.partition("/")[0] + "/*", every))
        for name, form in _NEGOTIATED.items()
    }
    best = max(weights.values())
    return next(form for form, weight in weights.items() if weight == best)


def _weight(parameters: list[str]) -> float:
    text = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0
