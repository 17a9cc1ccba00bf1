# SPDX-License-Identifier: EUPL-1.2
"""Every source file says its licence on line 1 and, in Python, what it is for on line 2."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tools.checks.tree import Finding, Tree

LICENCE = "SPDX-License-Identifier: EUPL-1.2"
_SOURCES = (".py", ".js", ".mjs", ".ts", ".css", ".sql")


def check(tree: Tree) -> Iterator[Finding]:
    """Files without the licence line, Python modules without a sentence about their purpose."""
    for path in tree.files(*_SOURCES):
        lines = tree.lines(path)
        first = 1 if lines and lines[0].startswith("#!") else 0
        if len(lines) <= first or LICENCE not in lines[first]:
            yield Finding(path, 1, f"line 1 must be a comment with `{LICENCE}`")
        elif path.endswith(".py"):
            yield from _purpose(tree, path=path, line=first + 2)


def _purpose(tree: Tree, *, path: str, line: int) -> Iterator[Finding]:
    module = tree.parsed(path)
    text = ast.get_docstring(module)
    if not text or module.body[0].lineno != line:
        yield Finding(path, line, "line 2 must be a docstring that says what the module is for")
    elif not text.splitlines()[0].endswith((".", "?")):
        yield Finding(path, line, "the docstring's first line must be one whole sentence")
