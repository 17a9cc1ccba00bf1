# SPDX-License-Identifier: EUPL-1.2
"""Template tags of the list of datasets."""

from __future__ import annotations

import html
from collections.abc import Sequence

from django import template
from django.utils.safestring import SafeString

from stadtkern.catalogue.browse.listing import Value

register = template.Library()
_CHOSEN = ' aria-current="true"'


@register.simple_tag
def facet_values(values: Sequence[Value]) -> SafeString:
    """The values of a facet as entries of a list; there are many, and templates take their time for each."""
    return SafeString(
        "".join(
            f'<li><a href="{html.escape(each.query)}"{_CHOSEN if each.chosen else ""}>'
            f"<span>{html.escape(each.name)}</span>"
            f' <span class="sk-muted">{html.escape(each.n)}</span></a></li>'
            for each in values
        )
    )
