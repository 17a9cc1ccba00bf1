# SPDX-License-Identifier: EUPL-1.2
"""`docs/mapping.md` from the structs a mapping is read into."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

_SOURCE = Path(__file__).resolve().parents[2] / "src/stadtkern/ingest/imports/mapping.py"
_HEAD = """<!-- SPDX-License-Identifier: CC-BY-4.0 -->
<!-- Made from src/stadtkern/ingest/imports/mapping.py by `python -m tools.check --write`; do not edit. -->
# Words of a mapping

Every key that a mapping may have. How to use them: [imports.md](imports.md).
"""
_TABLES = {
    "Mapping": "top of the file",
    "File": "[file]",
    "Capture": "[capture]",
    "Lookup": "[lookup.NAME]",
    "Companion": "[[companion]]",
    "Time": "[time]",
    "Period": "[[period]]",
    "Clean": "[clean]",
    "Status": "[status]",
    "Thing": "[thing]",
    "Sensor": "[sensor]",
    "Property": "[property]",
    "Unit": "datastream.unit",
    "Stream": "[datastream]",
    "Series": "[[series]]",
}


def page(source: Path = _SOURCE) -> str:
    """The whole page, tables in the order of the file they describe."""
    module = ast.parse(source.read_text(encoding="utf-8"))
    classes = {node.name: node for node in module.body if isinstance(node, ast.ClassDef)}
    sections = [_section(classes[name], title=title) for name, title in _TABLES.items() if name in classes]
    return "\n".join([_HEAD, *sections])


def _section(node: ast.ClassDef, *, title: str) -> str:
    about = " ".join((ast.get_docstring(node) or "").split())
    rows = "\n".join(_fields(node))
    return f"## `{title}`\n{about}\n\n| key | type | default | meaning |\n|---|---|---|---|\n{rows}\n"


def _fields(node: ast.ClassDef) -> Iterator[str]:
    for statement, following in pairwise([*node.body, ast.Pass()]):
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        default = "required" if statement.value is None else f"`{_shown(statement.value)}`"
        about = ""
        if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            about = " ".join(str(following.value.value).split())
        kind = ast.unparse(statement.annotation).replace("|", "\\|").replace("'", '"')
        yield f"| `{statement.target.id}` | `{kind}` | {default} | {about} |"


def _shown(value: ast.expr) -> str:
    if isinstance(value, ast.Call):
        return "{}"
    text = ast.unparse(value)
    return "unset" if text == "None" else text.replace("'", '"')
