# SPDX-License-Identifier: EUPL-1.2
"""Which format somebody wants, by what the request accepts (RFC 9110, 12.5.1)."""

from __future__ import annotations

from stadtkern.catalogue.dcat import writers
from stadtkern.catalogue.dcat.writers import Format

PAGE = ("text/html", "application/xhtml+xml")


def _ranges(accept: str) -> list[tuple[float, int, str]]:
    """Media ranges with weight and place in the list, the most wanted first."""
    found = []
    for place, entry in enumerate(accept.split(",")[:50]):
        kind, *parameters = (part.strip().lower() for part in entry.split(";"))
        weight = 1.0
        for name, _, value in (parameter.partition("=") for parameter in parameters):
            if name.strip() == "q":
                weight = _weight(value.strip())
        found.append((weight, -place, kind))
    return sorted(found, reverse=True)


def _weight(text: str) -> float:
    try:
        return min(1.0, max(0.0, float(text)))
    except ValueError:
        return 0.0


def choose(accept: str, *, page: bool = True) -> Format | None:
    """The format to answer with, Turtle where anything will do; None where a page for people is wanted."""
    for weight, _, kind in _ranges(accept or "*/*"):
        if weight == 0.0:
            continue
        if page and kind in PAGE:
            return None
        for form in writers.FORMATS:
            if kind in form.media_types:
                return form
    return writers.FORMATS[0]
