# SPDX-License-Identifier: EUPL-1.2
"""No drawer for odds and ends: a module is named after what it holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.checks.tree import Finding, Tree

DRAWERS = frozenset({"utils", "util", "helpers", "helper", "common", "misc", "base", "contrib"})


def check(tree: Tree) -> Iterator[Finding]:
    """Modules and packages with a name that says nothing."""
    for path in tree.files(".py", ".js", ".mjs", ".ts", ".sql"):
        parts = PurePosixPath(path).with_suffix("").parts
        for name in sorted(DRAWERS.intersection(part.strip("_") for part in parts)):
            yield Finding(path, 1, f"`{name}` says nothing: name it after what it holds")
