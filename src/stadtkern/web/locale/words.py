# SPDX-License-Identifier: EUPL-1.2
"""Gathers the German source strings, compares them with a catalogue, and compiles it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog, extract, mofile, pofile

PACKAGE = Path(__file__).parent.parent.parent
_FOLDER = Path(__file__).parent
_PAGES = ("identity", "ui", "catalogue", "governance", "insights", "web")
_KEYWORDS = {
    "gettext": None,
    "gettext_lazy": None,
    "_": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
}
Key = str | tuple[str, ...]
PARTIAL = frozenset({"de_Simple"})


def catalogues() -> list[Path]:
    """The committed `.po` files."""
    return sorted(_FOLDER.glob("*/LC_MESSAGES/django.po"))


def complete() -> list[Path]:
    """The catalogues that must say everything; of easy language, German stands in for what is missing."""
    return [path for path in catalogues() if path.parent.parent.name not in PARTIAL]


def unused(catalogue: Catalog) -> list[Key]:
    """Strings of a catalogue that no page shows any more."""
    known = gather()
    keys = [tuple(m.id) if isinstance(m.id, tuple | list) else m.id for m in catalogue if m.id]
    return sorted((key for key in keys if key not in known), key=str)


def gather() -> set[Key]:
    """Every string of the pages that is shown to people, as it stands in code and templates."""
    return {key for file in _files() for key in _strings(file)}


def _files() -> Iterator[Path]:
    for package in _PAGES:
        for pattern in ("*.py", "*.html", "*.txt"):
            yield from sorted((PACKAGE / package).rglob(pattern))


def _strings(file: Path) -> Iterator[Key]:
    text = file.read_text(encoding="utf-8")
    if file.suffix in (".html", ".txt"):
        from django.utils.translation import template

        text = template.templatize(text)
    for _, key, _, _ in extract.extract("python", io.BytesIO(text.encode()), keywords=_KEYWORDS):
        yield tuple(key) if isinstance(key, tuple | list) else key


def read(path: Path) -> Catalog:
    """A catalogue from its file."""
    with path.open("rb") as file:
        return pofile.read_po(file, locale=path.parent.parent.name.partition("_")[0])


def missing(catalogue: Catalog) -> list[Key]:
    """Strings that the catalogue does not translate."""
    done = {
        tuple(m.id) if isinstance(m.id, tuple | list) else m.id
        for m in catalogue
        if m.id and (all(m.string) if isinstance(m.string, tuple | list) else m.string) and not m.fuzzy
    }
    return sorted((key for key in gather() if key not in done), key=str)


def compile_all() -> list[Path]:
    """Write the `.mo` beside each `.po`; returns what was written."""
    written = []
    for path in catalogues():
        target = path.with_suffix(".mo")
        with target.open("wb") as file:
            mofile.write_mo(file, read(path))
        written.append(target)
    return written
