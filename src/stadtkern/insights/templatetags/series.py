# SPDX-License-Identifier: EUPL-1.2
"""Template tags of the pages of things and series: newest value, span links, gaps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
from django import template
from django.template.context import RequestContext
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from stadtkern.insights.cockpit import mapped
from stadtkern.insights.cockpit.tile import remembered
from stadtkern.insights.explore.history import History
from stadtkern.insights.streams import Stream
from stadtkern.ui import formats
from stadtkern.ui.spans import Span

register = template.Library()
_LEAST = 0.001


@register.simple_tag
def newest(stream: Stream) -> SafeString:
    """The newest value, moving by itself while the page is open."""
    value = stream.result
    if stream.what.states:
        return format_html("{}", mapped.value_of(stream) or "–")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return format_html("{}", mapped.value_of(stream) or "–")
    digits = formats.fitting_digits(float(value)) if stream.digits is None else stream.digits
    return format_html(
        '<span data-live="{}" data-live-mode="sum" data-digits="{}" data-label="{}" data-unit="{}">{}</span>'
        ' <span class="sk-tile__unit">{}</span>',
        msgspec.json.encode(remembered([stream])).decode(),
        digits,
        stream.property_name or stream.name,
        stream.symbol,
        formats.number(value, digits=digits),
        stream.symbol,
    )


@register.simple_tag(takes_context=True)
def span_query(context: RequestContext, name: str) -> str:
    """The address of another span of the same series."""
    span: Span = context["span"]
    plain = msgspec.structs.replace(span, name=name, since="", until="", asked="", compare=False)
    return _with_series(context, plain.query())


@register.simple_tag(takes_context=True)
def span_compare(context: RequestContext) -> str:
    """The address with or without the comparison."""
    span: Span = context["span"]
    return _with_series(context, msgspec.structs.replace(span, compare=not span.compare).query())


def _with_series(context: RequestContext, query: str) -> str:
    chosen = context["request"].GET.get("reihe", "")
    return f"{query}&reihe={chosen}" if chosen.isdecimal() else query


@register.simple_tag
def flagged(history: History) -> str:
    """The share of doubtful values: `0,4 %`; a few among very many are not none."""
    share = 1 - (history.good_share if history.good_share is not None else 1.0)
    if share < _LEAST:
        return gettext("Weniger als %(share)s") % {"share": formats.percent(_LEAST, digits=1)}
    return formats.percent(share, digits=1 if share < 0.1 else 0)


@register.simple_tag
def said_of(said: Mapping[int, str], stream: Stream) -> str:
    """What is said of this series among several."""
    return said.get(stream.id, "")


@register.simple_tag(takes_context=True)
def gap(context: RequestContext, start: datetime, end: datetime) -> str:
    """`3. Mai 2025, 14:00 Uhr bis 5. Mai 2025, 9:00 Uhr (43 Stunden)`."""
    zone = context["zone"]
    length = formats.duration(max(end - start, timedelta(minutes=1)))
    first = formats.moment(start, zone=zone)
    local_start, local_end = start.astimezone(zone), end.astimezone(zone)
    last = (
        formats.clock(local_end) if local_start.date() == local_end.date() else formats.moment(end, zone=zone)
    )
    return gettext("%(first)s bis %(last)s (%(length)s)") % {"first": first, "last": last, "length": length}
