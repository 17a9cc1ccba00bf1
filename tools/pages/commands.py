# SPDX-License-Identifier: EUPL-1.2
"""`docs/cli.md` from the commands and their own help."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import typer.core
import typer.main

from stadtkern import cli

_HEAD = """<!-- SPDX-License-Identifier: CC-BY-4.0 -->
<!-- Made from src/stadtkern/cli.py by `python -m tools.check --write`; do not edit. -->
# Commands

`stadtkern --help` prints the same. Settings are environment variables: see [settings.md](settings.md).
"""


def page(application: typer.Typer = cli.app) -> str:
    """The whole page."""
    return "\n".join([_HEAD, *_sections(typer.main.get_command(application), name="stadtkern")])


def _sections(command: Any, *, name: str, parent: Any = None) -> Iterator[str]:
    """Typer carries its own copy of click, whose classes are not public: hence untyped."""
    context = typer.Context(command, parent=parent, info_name=name.rpartition(" ")[2])
    if isinstance(command, typer.core.TyperGroup):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            if found is not None and not found.hidden:
                yield from _sections(found, name=f"{name} {child}", parent=context)
        return
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    yield f"## `{name}`\n\n{inspect.cleandoc(command.help or '')}\n\n```\n{usage}\n```\n"
    rows = [_row(parameter) for parameter in command.params if parameter.name != "help"]
    if rows:
        yield "| option | default | meaning |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def _row(parameter: Any) -> str:
    names = "`, `".join([*parameter.opts, *parameter.secondary_opts])
    if not names.startswith("-"):
        names = str(parameter.metavar or parameter.name).upper()
    default = parameter.default
    unset = default is None or callable(default) or default in ((), [], False)
    shown = "required" if parameter.required else "–" if unset else f"`{default}`"
    about = " ".join((parameter.help or "").split())
    return f"| `{names}` | {shown} | {about} |"
