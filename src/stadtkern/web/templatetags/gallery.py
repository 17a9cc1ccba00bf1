# SPDX-License-Identifier: EUPL-1.2
"""Shows a component twice in the gallery, light and dark."""

from __future__ import annotations

import re

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
_NAMED = re.compile(r'\b(id|for|aria-labelledby|aria-describedby|aria-controls|list)="([^"]+)"')
_LINK = re.compile(r'href="#([^"]+)"')


@register.simple_block_tag
def specimen(content: str, *, title: str, name: str) -> SafeString:
    """A component under its name; in the dark one ids get an ending, so that each stays the only one."""
    dark = _LINK.sub(r'href="#\1-dunkel"', _NAMED.sub(_renamed, content))
    # What a template rendered is escaped already.
    about = {"title": title, "name": name, "light": mark_safe(content), "dark": mark_safe(dark)}  # noqa: S308
    return mark_safe(render_to_string("web/gallery/specimen.html", about))  # noqa: S308


def _renamed(match: re.Match[str]) -> str:
    names = " ".join(f"{name}-dunkel" for name in match[2].split())
    return f'{match[1]}="{names}"'
