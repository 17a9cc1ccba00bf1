# SPDX-License-Identifier: EUPL-1.2
"""The languages of the pages: how addresses and forms name each, and what stands in where one is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

FIRST = "de"
# Leichte Sprache: `simple` is a registered variant (RFC 5646, 2.2.5).
EASY = "de-simple"
# What addresses of pages begin with; the first language has nothing there.
PREFIXES: Mapping[str, str] = {FIRST: "", "en": "en", EASY: "leicht"}
# How names of fields end in forms of those who write in several languages.
FIELDS: Mapping[str, str] = {FIRST: "de", "en": "en", EASY: "easy"}


def prefix(language: str) -> str:
    """`""`, `/en` or `/leicht`: what the path of a page begins with; unknown languages read the first one."""
    written = PREFIXES.get(language, "")
    return f"/{written}" if written else ""


def of_path(path: str) -> str:
    """The language that an address names."""
    beginning = path.lstrip("/").partition("/")[0].partition("?")[0] if path.startswith("/") else ""
    return next((code for code, written in PREFIXES.items() if written and written == beginning), FIRST)


def moved(address: str, *, to: str) -> str:
    """The same page, with its query, in another language; never one of another host (`//host/`)."""
    bare = address.removeprefix(prefix(of_path(address)))
    return f"{prefix(to)}/{bare.lstrip('/')}"


def order(language: str) -> Iterator[str]:
    """The language itself, then what stands in for it: its plain form, then the first language."""
    yield from dict.fromkeys((language, language.partition("-")[0], FIRST))


def said(texts: Mapping[str, str], *, language: str) -> str:
    """The text for readers of a language; another one rather than none."""
    return next((texts[code] for code in order(language) if texts.get(code)), next(iter(texts.values()), ""))
