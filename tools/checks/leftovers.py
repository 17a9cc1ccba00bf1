# SPDX-License-Identifier: EUPL-1.2
"""Nothing is left open or tied to one machine: no notes to self, sleeping tests, registries, local paths."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tools.checks.tree import Finding, Tree

_NOTES = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
_REGISTRY = re.compile(
    r'^ *"resolved":|--(extra-)?index-url|--find-links|^ *(registry|url) *= *"?https?:'
    r"|registry\.npmjs\.org|pypi\.org/simple|files\.pythonhosted\.org"
)
_LOCAL_PATH = re.compile(r"(^|[\s\"'`=:(])/(work|farm|root|Users/\w+|home/\w+)/")
_NOT_TEXT = (".png", ".jpg", ".gif", ".webp", ".ico", ".woff2", ".gz", ".zip", ".xlsx", ".parquet", ".pdf")
_CODE = (".py", ".js", ".mjs", ".ts", ".css", ".sql", ".html", ".sh", "Makefile")
_EXEMPT = ("tools/checks/leftovers.py", "tests/tools/", "LICENSES/")  # they name what they look for


def check(tree: Tree) -> Iterator[Finding]:
    """Lines to finish or to take out."""
    for path in tree.paths:
        if not path.endswith(_NOT_TEXT) and not path.startswith(_EXEMPT):
            yield from _lines(tree, path=path)
    for path in tree.files(".py", under="tests/"):
        for line in _sleeps(tree.parsed(path)):
            yield Finding(path, line, "a test that sleeps is slow or wrong: wait for a condition")


def _lines(tree: Tree, *, path: str) -> Iterator[Finding]:
    try:
        lines = tree.lines(path)
    except UnicodeDecodeError:
        return
    for number, line in enumerate(lines, start=1):
        if path.endswith(_CODE) and _NOTES.search(line):
            yield Finding(path, number, "a note to self: finish it, or open an issue and take it out")
        if _REGISTRY.search(line):
            yield Finding(path, number, "names a package registry: locks carry hashes, not addresses")
        if _LOCAL_PATH.search(line):
            yield Finding(path, number, "names a path of one machine")


def _sleeps(node: ast.AST) -> Iterator[int]:
    """Lines with a sleep outside a `while` that waits for something."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.While):
            continue
        if isinstance(child, ast.Call) and _called(child).endswith("sleep") and not _yields_only(child):
            yield child.lineno
        yield from _sleeps(child)


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _yields_only(call: ast.Call) -> bool:
    """`sleep(0)` gives way to others and does not wait by the clock."""
    return bool(call.args) and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0
