# SPDX-License-Identifier: EUPL-1.2
"""`docs/errors.md` from the problems that the packages define beside their operations."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

_ROOT = Path(__file__).resolve().parents[2] / "src" / "stadtkern"
_HEAD = """<!-- SPDX-License-Identifier: CC-BY-4.0 -->
<!-- Made from the Problem classes by `python -m tools.check --write`; do not edit. -->
# Errors

Every refusal says what was wrong, where, and how to mend it, as problem+json (RFC 9457) in the shape of
the surface it happens on. The last part of `type` is the name in this table.

| name | status | what happened | how to mend it |
|---|---|---|---|
"""


class _Kind(NamedTuple):
    bases: tuple[str, ...]
    status: int | None
    about: str


def page(root: Path = _ROOT) -> str:
    """The whole page; read from the source, so that no package has to be started for it."""
    kinds = {name: kind for file in sorted(root.rglob("*.py")) for name, kind in _classes(file)}
    rows = sorted(_row(name, kinds) for name in kinds if name != "Problem" and _is_problem(name, kinds))
    return _HEAD + "\n".join(row for row in rows if row) + "\n"


def _classes(file: Path) -> Iterator[tuple[str, _Kind]]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef):
            bases = tuple(ast.unparse(base).rpartition(".")[2] for base in node.bases)
            yield node.name, _Kind(bases, _status(node), ast.get_docstring(node) or "")


def _status(node: ast.ClassDef) -> int | None:
    for statement in node.body:
        target = (
            statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
        )
        value = getattr(statement, "value", None)
        if isinstance(target, ast.Name) and target.id == "status" and isinstance(value, ast.Constant):
            return value.value if isinstance(value.value, int) else None
    return None


def _is_problem(name: str, kinds: Mapping[str, _Kind]) -> bool:
    return name == "Problem" or any(
        _is_problem(base, kinds) for base in kinds[name].bases if base in kinds and base != name
    )


def _inherited_status(name: str, kinds: Mapping[str, _Kind]) -> int | None:
    kind = kinds[name]
    if kind.status is not None:
        return kind.status
    found = (_inherited_status(base, kinds) for base in kind.bases if base in kinds)
    return next((status for status in found if status is not None), None)


def _row(name: str, kinds: Mapping[str, _Kind]) -> str:
    title, _, remedy = kinds[name].about.partition("\n")
    if not title:
        return ""
    cells = (name, _inherited_status(name, kinds), title.rstrip("."), " ".join(remedy.split()))
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"
