# SPDX-License-Identifier: EUPL-1.2
"""The words `archive …` of the command line."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from stadtkern.core import logs, postgres
from stadtkern.core import settings as core_settings

app = typer.Typer(help="Closed months in Parquet files.", no_args_is_help=True)
console = Console(stderr=True)

DataOption = Annotated[Path | None, typer.Option("--data", help="Data folder (STADTKERN_DATA).")]
MonthArgument = Annotated[
    str, typer.Argument(help="Month in UTC, e.g. 2025-03.", metavar="MONTH", show_default=False)
]


def _settings(data: Path | None) -> core_settings.Settings:
    settings = core_settings.load(data=None if data is None else str(data))
    logs.configure(settings, process="cli")
    return settings


@app.command("run")
def run(data: DataOption = None) -> None:
    """Put all months that are due into files now; the work process does so by itself every half hour."""
    from stadtkern.serve import keeping

    settings = _settings(data)
    with postgres.available(settings) as url:
        asyncio.run(keeping.archive_now(url=url, settings=settings))


@app.command("list")
def list_files(data: DataOption = None) -> None:
    """List the files."""
    from stadtkern.serve import keeping

    with postgres.available(_settings(data)) as url:
        asyncio.run(keeping.list_archive(url=url))


@app.command("verify")
def verify(data: DataOption = None) -> None:
    """Read every file and compare it with its checksum; exit code 1 where one is damaged."""
    from stadtkern.serve import keeping

    settings = _settings(data)
    with postgres.available(settings) as url:
        damaged = asyncio.run(keeping.verify_archive(url=url, settings=settings))
    raise typer.Exit(1 if damaged else 0)


@app.command("open")
def reopen(
    key: Annotated[str, typer.Argument(help="Key of the dataset.")],
    at: MonthArgument,
    data: DataOption = None,
) -> None:
    """Let a month take late observations for a day; then it goes into its file again."""
    from stadtkern.serve import keeping

    settings = _settings(data)
    with postgres.available(settings) as url:
        asyncio.run(keeping.open_month(url=url, settings=settings, key=key, text=at))
    console.print(f"{key} {at} is open.")
