# SPDX-License-Identifier: EUPL-1.2
"""Which routes there are, as the tables say by which requests find their way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route


def django_routes() -> set[str]:
    """All addresses of the pages, as they are written in urls.py, without the language."""
    from django.urls import get_resolver
    from django.urls.resolvers import LocalePrefixPattern, URLPattern

    def walk(patterns: Any, before: str) -> Iterator[str]:
        for each in patterns:
            text = "" if isinstance(each.pattern, LocalePrefixPattern) else str(each.pattern)
            if isinstance(each, URLPattern):
                yield before + text
            else:
                yield from walk(each.url_patterns, before + text)

    return set(walk(get_resolver().url_patterns, ""))


def plane_routes(app: Starlette) -> set[str]:
    """All addresses of the data plane besides the SensorThings API."""

    def walk(routes: list[BaseRoute], before: str) -> Iterator[str]:
        for each in routes:
            if isinstance(each, Mount):
                below = list(each.routes or [])
                yield from walk(below, before + each.path) if below else [before + each.path]
            elif isinstance(each, Route):
                yield before + each.path

    return set(walk(list(app.routes), ""))


def plain(text: str, echo: dict[str, str]) -> str:
    """An answer in which what was asked for is unnamed, and so are secrets that are new each time."""
    for name in sorted(echo, key=lambda n: -len(echo[n])):
        text = text.replace(echo[name], "{…}")
    return _FRESH.sub("", text)


_FRESH = re.compile(r'(?<=name="csrfmiddlewaretoken" value=")[^"]+|(?<=name="ticket" value=")[^"]+')
