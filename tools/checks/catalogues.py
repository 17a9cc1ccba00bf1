# SPDX-License-Identifier: EUPL-1.2
"""Every sentence on a page exists in every language the pages offer, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Set
from pathlib import PurePosixPath

from babel.messages import pofile
from babel.messages.catalog import Catalog

from tools.checks.tree import Finding, Tree

_MARKS = frozenset({"gettext", "gettext_lazy", "pgettext", "ngettext", "ngettext_lazy", "pgettext_lazy", "_"})
# German stands in for what these do not say.
_PARTIAL = frozenset({"de_Simple"})
_TAG = re.compile(r"{%\s*(?:trans|translate)\s+(?P<quote>[\"'])(?P<text>.*?)(?P=quote)")
_ARGUMENT = re.compile(r"""{%[^%]*?\b_\((?P<quote>["'])(?P<text>.*?)(?P=quote)\)""")
_BLOCK = re.compile(
    r"{%\s*(?:blocktrans|blocktranslate)(?P<options>[^%]*)%}(?P<body>.*?){%\s*endblocktrans(?:late)?\s*%}",
    re.DOTALL,
)
_PLURAL = re.compile(r"{%\s*plural\s*%}")
_VARIABLE = re.compile(r"{{\s*([\w.]+)[^}]*}}")


def check(tree: Tree) -> Iterator[Finding]:
    """Sentences without translation, doubtful ones, those a catalogue does not know, those nobody says."""
    used = dict(_used(tree))
    said = used.keys() | _written(tree)
    for path in tree.files(".po"):
        with (tree.root / path).open("rb") as file:
            catalogue = pofile.read_po(file, locale=PurePosixPath(path).parts[-3].partition("_")[0])
        yield from _gaps(catalogue, path=path)
        yield from _leftovers(catalogue, said, path=path)
        for text, (place, line) in used.items() if PurePosixPath(path).parts[-3] not in _PARTIAL else ():
            if catalogue.get(text) is None:
                yield Finding(place, line, f"{path} does not know {text!r}")


def _gaps(catalogue: Catalog, *, path: str) -> Iterator[Finding]:
    for message in catalogue:
        if not message.id:
            continue
        written = message.string if isinstance(message.string, list | tuple) else (message.string,)
        if not all(written):
            yield Finding(path, message.lineno or 1, f"{message.id!r} is not translated")
        if message.fuzzy:
            yield Finding(
                path, message.lineno or 1, f"the translation of {message.id!r} is marked as doubtful"
            )


def _leftovers(catalogue: Catalog, said: Set[str], *, path: str) -> Iterator[Finding]:
    for message in catalogue:
        text = message.id if isinstance(message.id, str) else message.id[0]
        if text and text not in said:
            yield Finding(path, message.lineno or 1, f"nothing says {text!r} any more: take it out")


def _written(tree: Tree) -> set[str]:
    """Every text in the code: what is translated is often named far from where that happens."""
    return {
        node.value
        for path in tree.files(".py", under="src/stadtkern/")
        for node in ast.walk(tree.parsed(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def _used(tree: Tree) -> Iterator[tuple[str, tuple[str, int]]]:
    for path in tree.files(".html", ".txt", under="src/stadtkern/"):
        text = tree.text(path)
        for match in (*_TAG.finditer(text), *_ARGUMENT.finditer(text)):
            yield match["text"], (path, text.count("\n", 0, match.start()) + 1)
        for match in _BLOCK.finditer(text):
            body = _PLURAL.split(match["body"])[0]
            if "trimmed" in match["options"]:
                body = " ".join(line.strip() for line in body.strip().splitlines())
            yield _VARIABLE.sub(r"%(\1)s", body), (path, text.count("\n", 0, match.start()) + 1)
    for path in tree.files(".py", under="src/stadtkern/"):
        for node in ast.walk(tree.parsed(path)):
            if isinstance(node, ast.Call) and (text := _marked(node)):
                yield text, (path, node.lineno)


def _marked(call: ast.Call) -> str:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name not in _MARKS:
        return ""
    position = 1 if name.startswith("pgettext") else 0
    given = call.args[position] if len(call.args) > position else None
    return given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else ""
