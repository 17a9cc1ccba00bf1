# SPDX-License-Identifier: EUPL-1.2
"""Pages made from the code say what the code says: settings, commands, errors, mappings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from tools.checks.tree import Finding, Tree
from tools.pages import commands, errors, mapping, settings

PAGES: Mapping[str, Callable[[], str]] = {
    "docs/settings.md": settings.page,
    "docs/cli.md": commands.page,
    "docs/errors.md": errors.page,
    "docs/mapping.md": mapping.page,
}


def check(tree: Tree, *, pages: Mapping[str, Callable[[], str]] = PAGES) -> Iterator[Finding]:
    """Pages that are missing or stale."""
    for path, page in pages.items():
        if not tree.has(path) or tree.text(path) != page():
            yield Finding(path, 1, "does not say what the code says: run `python -m tools.check --write`")


def write(tree: Tree, *, pages: Mapping[str, Callable[[], str]] = PAGES) -> None:
    """Make the pages anew."""
    for path, page in pages.items():
        file = tree.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(page(), encoding="utf-8")
