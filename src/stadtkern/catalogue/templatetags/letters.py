# SPDX-License-Identifier: EUPL-1.2
"""Words in mails and on the pages around them."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext

from stadtkern.catalogue.browse import wording
from stadtkern.catalogue.harvest import words
from stadtkern.catalogue.requests.entities import PROGRESS

register = template.Library()


@register.simple_tag
def wish(theme: str, title: str) -> str:
    """What somebody hears of: a dataset by its title, a theme, or everything."""
    if title:
        return gettext("Datensatz „%(title)s“") % {"title": title}
    if theme:
        return gettext("neue und geänderte Datensätze zum Thema „%(theme)s“") % {
            "theme": wording.name("theme", theme)
        }
    return gettext("alle neuen und geänderten Datensätze")


@register.simple_tag
def progress_words(progress: str) -> str:
    """How far a request is."""
    return str(PROGRESS[progress])


@register.simple_tag
def harvest_said(message: str) -> str:
    """What went wrong in a harvest."""
    return words.said(message)
