# SPDX-License-Identifier: EUPL-1.2
"""Template tags of accounts: what is to be said once, and roles in words."""

from __future__ import annotations

from django import template
from django.template.context import RequestContext

from stadtkern.identity import adapters, words

register = template.Library()
register.filter("role", words.role)
register.filter("verb", words.verb)
register.filter("organisation_kind", words.organisation_kind)


@register.simple_tag(takes_context=True)
def said(context: RequestContext) -> str:
    """What went wrong a page ago."""
    return adapters.said(context["request"])
