# SPDX-License-Identifier: EUPL-1.2
"""`docs/errors.md` from the problems that the packages define beside their operations."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import stadtkern
from stadtkern.core import problems

_HEAD = """<!-- SPDX-License-Identifier: CC-BY-4.0 -->
<!-- Made from the Problem classes by `python -m tools.check --write`; do not edit. -->
# Errors

Every refusal says what was wrong, where, and how to mend it, as problem+json (RFC 9457) in the shape of
the surface it happens on. The last part of `type` is the name in this table.

| name | status | what happened | how to mend it |
|---|---|---|---|
"""
_NOT_LOADED = ("stadtkern.web",)  # Django needs to be set up first; its pages show problems, they define none


def page() -> str:
    """The whole page."""
    for module in pkgutil.walk_packages(stadtkern.__path__, "stadtkern.", onerror=lambda _name: None):
        if not module.name.startswith(_NOT_LOADED) and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    rows = sorted({_row(kind) for kind in _kinds(problems.Problem) if kind.__doc__})
    return _HEAD + "\n".join(rows) + "\n"


def _kinds(kind: type[problems.Problem]) -> Iterator[type[problems.Problem]]:
    for child in kind.__subclasses__():
        if child.__module__.startswith("stadtkern."):
            yield child
        yield from _kinds(child)


def _row(kind: type[problems.Problem]) -> str:
    problem = kind.__new__(kind)
    return f"| {kind.__name__} | {kind.status} | {problem.title} | {problem.remedy} |"
