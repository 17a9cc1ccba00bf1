# SPDX-License-Identifier: EUPL-1.2
"""Across packages one imports modules, so that one sees where a function comes from; types go by name."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tools.checks.tree import Finding, Tree, package_of


def check(tree: Tree) -> Iterator[Finding]:
    """`from stadtkern.<other package>.<module> import <function or constant>`."""
    for path in tree.files(".py", under="src/stadtkern/"):
        for node in ast.walk(tree.parsed(path)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("stadtkern."):
                yield from _objects(tree, path=path, node=node)


def _objects(tree: Tree, *, path: str, node: ast.ImportFrom) -> Iterator[Finding]:
    folder = "src/" + (node.module or "").replace(".", "/")
    if package_of(path) == package_of(f"{folder}.py"):
        return
    for alias in node.names:
        if alias.name[0].isupper() and not alias.name.isupper():
            continue
        if not tree.has(f"{folder}/{alias.name}") and not tree.has(f"{folder}/{alias.name}.py"):
            yield Finding(
                path, node.lineno, f"import the module `{node.module}` and write `….{alias.name}` where used"
            )
