# SPDX-License-Identifier: EUPL-1.2
"""The words with which an installation is looked after: restart."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from stadtkern.core import logs
from stadtkern.core import settings as core_settings
from stadtkern.core.settings import Settings
from stadtkern.serve import installation

console = Console(stderr=True)

DataOption = Annotated[Path | None, typer.Option("--data", help="Data folder (STADTKERN_DATA).")]


def add_to(app: typer.Typer) -> None:
    """Add the words to the command line."""
    app.command()(restart)


def _settings(data: Path | None) -> Settings:
    loaded = core_settings.load(data=None if data is None else str(data))
    logs.configure(loaded, process="cli")
    return loaded


def restart(data: DataOption = None) -> None:
    """Replace the running processes one by one; requests wait for a moment, none is lost."""
    installation.restart(_settings(data))
    console.print("The processes are replaced one after the other; the log says when.")
