# SPDX-License-Identifier: EUPL-1.2
"""Template tags of the list of datasets."""

from __future__ import annotations

from collections.abc import Sequence

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from stadtkern.catalogue.browse.listing import Value

register = template.Library()
_CHOSEN = ' aria-current="true"'


@register.simple_tag
def facet_values(values: Sequence[Value]) -> SafeString:
    """The values of a facet as entries of a list; there are many, and templates take their time for each."""
    return format_html_join(
        "",
        '<li><a href="{}"{}><span>{}</span> <span class="sk-muted">{}</span></a></li>',
        ((each.query, SafeString(_CHOSEN if each.chosen else ""), each.name, each.n) for each in values),
    )
