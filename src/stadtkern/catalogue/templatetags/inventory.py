# SPDX-License-Identifier: EUPL-1.2
"""Codes of the inventory in words."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import gettext_lazy

from stadtkern.catalogue.inventory import concepts
from stadtkern.catalogue.inventory.entities import CHOICES, FIELDS
from stadtkern.ui.templatetags import ui

register = template.Library()

_EVENTS = {
    "recorded": gettext_lazy("erfasst"),
    "changed": gettext_lazy("geändert"),
    "proposed": gettext_lazy("zur Freigabe vorgeschlagen"),
    "approved": gettext_lazy("freigegeben"),
    "refused": gettext_lazy("abgelehnt"),
    "withdrawn": gettext_lazy("Vorschlag zurückgezogen"),
    "linked": gettext_lazy("Datensatz angelegt"),
}


@register.simple_tag
def inventory_words(name: str, value: Any) -> str:
    """The value of a field as people read it; nothing is a dash."""
    if name in CHOICES:
        return str(CHOICES[name].get(value, value))
    if name == "concept" and value in concepts.by_slug():
        return concepts.by_slug()[value].label
    if name == "due" and value:
        return ui.plain_date(value)
    return str(value) if value else "–"


@register.simple_tag
def inventory_field(name: str) -> str:
    """The name of a field."""
    return str(FIELDS.get(name, name))


@register.simple_tag
def inventory_event(kind: str) -> str:
    """What happened."""
    return str(_EVENTS.get(kind, kind))


@register.simple_tag
def add_up(*values: int) -> int:
    """The sum."""
    return sum(values)


@register.simple_tag
def bar_left(number: int) -> int:
    """Where the bar of a month begins, of 480."""
    return 6 + number * 40


@register.simple_tag
def bar_top(height: int) -> int:
    """Where a bar of this height begins, above the line at 110."""
    return 110 - height
