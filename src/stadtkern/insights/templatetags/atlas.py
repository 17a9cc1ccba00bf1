# SPDX-License-Identifier: EUPL-1.2
"""Template tags of the map: its state as hidden fields and as addresses, since when something is quiet."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.template.context import RequestContext
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from stadtkern.insights.atlas.asking import Asked
from stadtkern.ui import formats

register = template.Library()


@register.simple_tag(takes_context=True)
def map_pairs(context: RequestContext, *without: str) -> SafeString:
    """The state of the map as hidden fields, except what the form asks for itself."""
    asked: Asked = context["asked"]
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', asked.pairs(*without))


@register.simple_tag(takes_context=True)
def map_with(context: RequestContext, name: str, value: str) -> str:
    """The address of this map with something else of one kind."""
    asked: Asked = context["asked"]
    return asked.address("q", "karte", "ding", **{name: value})


@register.simple_tag(takes_context=True)
def map_without(context: RequestContext, *names: str) -> str:
    """The address of this map without something."""
    asked: Asked = context["asked"]
    return asked.address(*names)


@register.simple_tag
def map_next(hour: int) -> int:
    """The end of an hour of the day."""
    return hour + 1


@register.simple_tag(takes_context=True)
def quiet_since(context: RequestContext, at: datetime) -> str:
    """`seit 20:00 Uhr`."""
    since = formats.moment_or_clock(at, zone=context["zone"], now=context["now"])
    return gettext("seit %(since)s") % {"since": since}
