# SPDX-License-Identifier: EUPL-1.2
"""Rooms, not halls: files up to 300 lines, functions up to 50, and a list of exceptions that only shrinks."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tools.checks.tree import Finding, Tree

FILE_LINES = 300
FUNCTION_LINES = 50
ALLOWED = "tools/checks/allowed_sizes.txt"
_MEASURED = (".py", ".js", ".mjs", ".ts", ".css", ".sql", ".html")


def check(tree: Tree) -> Iterator[Finding]:
    """What is too large, and exceptions that are larger than needed."""
    allowed = _allowed(tree)
    for name, (path, line, size, limit) in _measure(tree).items():
        permitted = allowed.pop(name, limit)
        if size > permitted:
            yield Finding(path, line, f"{name} has {size} lines, {permitted} are allowed: divide it")
        elif permitted > limit and size <= limit:
            yield Finding(ALLOWED, 1, f"{name} has shrunk to {size} lines: remove its entry")
        elif size < permitted != limit:
            yield Finding(ALLOWED, 1, f"{name} has shrunk to {size} lines: lower its entry from {permitted}")
    for name in allowed:
        yield Finding(ALLOWED, 1, f"{name} does not exist any more: remove its entry")


def _measure(tree: Tree) -> dict[str, tuple[str, int, int, int]]:
    """Name → path, line, size, limit; of Python files and of all functions in them."""
    found = {}
    for path in tree.files(*_MEASURED):
        found[path] = (path, 1, len(tree.lines(path)), FILE_LINES)
    for path in tree.files(".py"):
        for name, node in _functions(tree.parsed(path)):
            size = (node.end_lineno or node.lineno) - node.lineno + 1
            found[f"{path}::{name}"] = (path, node.lineno, size, FUNCTION_LINES)
    return found


def _functions(
    node: ast.AST, *, inside: str = ""
) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{inside}{child.name}"
            if not isinstance(child, ast.ClassDef):
                yield name, child
            yield from _functions(child, inside=f"{name}.")
        else:
            yield from _functions(child, inside=inside)


def _allowed(tree: Tree) -> dict[str, int]:
    """Entries of the form `src/stadtkern/x.py 320` or `src/stadtkern/x.py::Class.function 62`."""
    if not tree.has(ALLOWED):
        return {}
    entries = (line.split() for line in tree.lines(ALLOWED) if line and not line.startswith("#"))
    return {name: int(size) for name, size in entries}
