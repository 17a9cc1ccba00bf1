# SPDX-License-Identifier: EUPL-1.2
"""Makes the text of a mail from its kind and its facts, in the language of whoever reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.conf import settings
from django.template import loader
from django.utils import translation

from stadtkern.city import languages

TEXT = "identity/text"


class Text(NamedTuple):
    """Subject and body."""

    subject: str
    body: str


def render(*, kind: str, language: str, facts: Mapping[str, Any], city: Mapping[str, Any]) -> Text:
    """The mail. Texts lie in `templates/<package>/mail/<name>.txt`, the subject in their first line.

    Kinds whose facts bring subject and body along are sent as they are.
    """
    if "subject" in facts and "body" in facts:
        return Text(str(facts["subject"]), str(facts["body"]))
    package, _, name = kind.partition("/")
    with translation.override(language if language in dict(settings.LANGUAGES) else "de"):
        context = {**city, **facts, "public_url": settings.PUBLIC_URL, "prefix": prefix(language)}
        text = str(loader.render_to_string(f"{package}/mail/{name}.txt", context)).strip()
    subject, _, body = text.partition("\n")
    return Text(subject.strip(), body.strip())


def prefix(language: str) -> str:
    """What addresses of pages in this language begin with."""
    return str(settings.PUBLIC_URL) + languages.prefix(language)
