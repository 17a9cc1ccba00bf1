# SPDX-License-Identifier: EUPL-1.2
"""Documents stay short, exist where they are expected, and speak of files that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.checks.tree import Finding, Tree, package_of

LINES = {"README.md": 150, "ARCHITECTURE.md": 200}
PACKAGE_README_LINES = 40
PAGE_LINES = 60
PAGE_CHARACTERS = 4_500
EXPECTED = (*LINES, "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "LICENSE", "publiccode.yml")
_DECISIONS = "docs/adr/"
_DECISION = re.compile(r"(?P<number>\d{4})-[a-z0-9-]+\.md")
_LINK = re.compile(r"\]\((?!https?:|mailto:|#)(?P<target>[^)#\s]+)(#[^)]*)?\)")
_PATH = re.compile(r"`(?P<path>[\w.-]+(/[\w.-]+)*/([\w.-]+\.(py|sql|mjs|js|css|toml|json|md|txt|po))?)`")


def check(tree: Tree) -> Iterator[Finding]:
    """Missing and overlong documents, dead links, paths of files that are gone."""
    for path in EXPECTED:
        if not tree.has(path):
            yield Finding(path, 1, "this document is missing")
    yield from _package_readmes(tree)
    yield from _decisions(tree)
    for path in tree.files(".md"):
        yield from _references(tree, path=path)
        limit = LINES.get(path)
        if limit and len(tree.lines(path)) > limit:
            yield Finding(path, limit + 1, f"has {len(tree.lines(path))} lines, {limit} are allowed")


def _package_readmes(tree: Tree) -> Iterator[Finding]:
    packages = {package_of(path) for path in tree.files(".py", under="src/stadtkern/") if path.count("/") > 2}
    for package in sorted(packages):
        path = f"src/stadtkern/{package}/README.md"
        if not tree.has(path):
            yield Finding(path, 1, "each package has a page that says what it holds")
        elif len(tree.lines(path)) > PACKAGE_README_LINES:
            yield Finding(path, 1, f"has {len(tree.lines(path))} lines, {PACKAGE_README_LINES} are allowed")


def _decisions(tree: Tree) -> Iterator[Finding]:
    numbers = []
    for path in tree.files(".md", under=_DECISIONS):
        name = path.removeprefix(_DECISIONS)
        match = _DECISION.fullmatch(name)
        if match is None:
            yield Finding(path, 1, "a decision is called NNNN-in-a-few-words.md")
            continue
        numbers.append(int(match["number"]))
        text = tree.text(path)
        if len(text.splitlines()) > PAGE_LINES or len(text) > PAGE_CHARACTERS:
            yield Finding(
                path, 1, f"a decision fits on a page: {PAGE_LINES} lines, {PAGE_CHARACTERS} characters"
            )
        if not re.search(r"^Status: (accepted|superseded by \[?\d{4})", text, re.MULTILINE):
            yield Finding(path, 1, "needs a line `Status: accepted` or `Status: superseded by NNNN`")
    # Numbers are given out before the decisions are written, so there may be gaps for a while.
    if numbers and (numbers[0] != 1 or len(set(numbers)) < len(numbers)):
        yield Finding(_DECISIONS, 1, f"decisions must count 1, 2, 3 …, not {', '.join(map(str, numbers))}")


def _references(tree: Tree, *, path: str) -> Iterator[Finding]:
    for number, line in enumerate(tree.lines(path), start=1):
        for match in _LINK.finditer(line):
            if not tree.has(_join(path, match["target"])):
                yield Finding(path, number, f"the link {match['target']} leads nowhere")
        for match in _PATH.finditer(line):
            if not any(_names(known, match["path"]) for known in tree.paths):
                yield Finding(path, number, f"there is no {match['path']}")


def _names(known: str, named: str) -> bool:
    """Whether a path in a document, which may begin anywhere in the tree, is this file or a folder of it."""
    inside = f"/{known}".find(f"/{named}")
    return inside >= 0 and (named.endswith("/") or f"/{known}".endswith(f"/{named}"))


def _join(path: str, target: str) -> str:
    parts: list[str] = list(PurePosixPath(path).parent.parts)
    for part in PurePosixPath(target).parts:
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
