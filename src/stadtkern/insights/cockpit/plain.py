# SPDX-License-Identifier: EUPL-1.2
"""Tiles that need no data: days until something, and words of the editors."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext, ngettext

from stadtkern.insights.cockpit.definitions import Definition
from stadtkern.insights.cockpit.known import Fed, Known
from stadtkern.insights.cockpit.tile import Tile
from stadtkern.ui import formats
from stadtkern.ui.visit import Visit


def countdown(visit: Visit, fed: Fed, known: Known) -> Tile:  # noqa: ARG001
    """Days until a day of the city's calendar; from then on it says so, and how long ago it was."""
    definition = fed.definition
    until = date.fromisoformat(definition.until)
    days = (until - visit.now.astimezone(visit.city.zone).date()).days
    counted = ngettext("%(n)s Tag", "%(n)s Tage", abs(days)) % {"n": formats.number(abs(days), digits=0)}
    figure = counted if days else gettext("heute")
    behind = gettext("vorbei") if days < 0 else ""
    return _plain(definition, figure=figure, behind=behind, note=formats.day(until, weekday=True, year=True))


def text(visit: Visit, fed: Fed, known: Known) -> Tile:  # noqa: ARG001
    """Words."""
    return _plain(fed.definition)


def _plain(definition: Definition, *, figure: str = "", behind: str = "", note: str = "") -> Tile:
    return Tile(
        key=definition.key,
        title=formats.words(definition.title),
        figure=figure,
        behind=behind,
        body=formats.words(definition.body),
        note=note,
        url=definition.link,
        plain=True,
    )
