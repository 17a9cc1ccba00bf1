# SPDX-License-Identifier: EUPL-1.2
"""Named SQL statements, read from the `sql` folder of a package."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import LiteralString

_HEAD = re.compile(r"^-- name: (?P<name>[a-z][a-z0-9_]*)\n-- (?P<about>[^\n]+)\n", re.MULTILINE)


class BrokenStatementFile(Exception):
    """A .sql file does not follow the form `-- name: x`, `-- what it does`, statement."""


@cache
def load(package: str) -> Mapping[str, LiteralString]:
    """All statements of `stadtkern.<package>`, by name."""
    found: dict[str, LiteralString] = {}
    folder = resources.files(f"stadtkern.{package}") / "sql"
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if not entry.name.endswith(".sql"):
            continue
        for name, text in _split(entry.read_text(encoding="utf-8"), source=entry.name):
            if name in found:
                raise BrokenStatementFile(f"{entry.name}: the name {name} stands twice in {package}")
            found[name] = text
    return MappingProxyType(found)


def _split(text: str, *, source: str) -> list[tuple[str, str]]:
    heads = list(_HEAD.finditer(text))
    if not heads or text.count("-- name:") != len(heads):
        raise BrokenStatementFile(
            f"{source}: each statement begins with `-- name: x` and a line that describes it"
        )
    ends = [head.start() for head in heads[1:]] + [len(text)]
    return [
        (head["name"], text[head.end() : end].strip().rstrip(";"))
        for head, end in zip(heads, ends, strict=True)
    ]
