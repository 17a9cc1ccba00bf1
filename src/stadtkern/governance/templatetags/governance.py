# SPDX-License-Identifier: EUPL-1.2
"""Words and titles on the pages of rooms, agreements and the log."""

from __future__ import annotations

from collections.abc import Mapping

from django.template import Library
from django.utils import translation

register = Library()


@register.simple_tag
def word(words: Mapping[str, object], key: str) -> object:
    """What a code is called on a page."""
    return words.get(key, key)


@register.filter
def room_title(title: Mapping[str, str] | None, key: str) -> str:
    """A title in the reader's language, else in German, else the key."""
    titles = title or {}
    return titles.get(translation.get_language() or "de") or titles.get("de") or key
