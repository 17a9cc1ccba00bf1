# SPDX-License-Identifier: EUPL-1.2
"""The command `stadtkern`: thin words over what the packages do."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from stadtkern.core import logs, migrations, postgres, settings_page
from stadtkern.core import settings as core_settings
from stadtkern.core.problems import Problem
from stadtkern.core.settings import Settings
from stadtkern.serve import admin, archive, mqtt_words, upkeep

app = typer.Typer(help="The open core of a smart city.", no_args_is_help=True, pretty_exceptions_enable=False)
app.add_typer(admin.token_app, name="token")
app.add_typer(admin.dataset_app, name="dataset")
app.add_typer(mqtt_words.app, name="mqtt")
app.add_typer(archive.app, name="archive")
upkeep.add_to(app)
console = Console(stderr=True)

DataOption = Annotated[Path | None, typer.Option("--data", help="Data folder (STADTKERN_DATA).")]


def main() -> None:
    """Run the command; a Problem becomes two plain lines and exit code 1."""
    try:
        app()
    except (Problem, core_settings.InvalidSetting, postgres.DatabaseStartFailed) as problem:
        console.print(f"[bold red]{problem}[/]", highlight=False)
        if isinstance(problem, Problem) and problem.remedy:
            console.print(problem.remedy, highlight=False)
        sys.exit(1)


def _settings(data: Path | None = None, **more: Any) -> Settings:
    loaded = core_settings.load(data=None if data is None else str(data), **more)
    logs.configure(loaded, process="cli")
    return loaded


@app.command()
def serve(
    port: Annotated[int | None, typer.Option(help="Port to listen on (STADTKERN_PORT).")] = None,
    data: DataOption = None,
    demo: Annotated[bool, typer.Option("--demo", help="Load the demo city first.")] = False,
    only: Annotated[str | None, typer.Option(help="Run only `data` or `web`, behind another front.")] = None,
) -> None:
    """Start everything: database, data plane, pages and work. Ctrl-C stops it cleanly."""
    from stadtkern.serve import commands

    commands.serve(settings=_settings(data, port=port), console=console, demo=demo, only=only)


@app.command()
def work(data: DataOption = None) -> None:
    """Run only the work process (folds, relay), e.g. on a machine of its own."""
    from stadtkern.serve import commands

    commands.serve(settings=_settings(data), console=console, demo=False, only="work")


@app.command()
def migrate(
    citus: Annotated[bool, typer.Option("--citus", help="Spread observations over a Citus cluster.")] = False,
    data: DataOption = None,
) -> None:
    """Bring the database up to date; safe to run twice and at the same time."""
    from stadtkern.serve import commands

    settings = _settings(data)
    with postgres.available(settings) as url:
        done = commands.migrate(settings=settings, url=url)
        done += commands.distribute(url=url) if citus else []
    console.print("\n".join(done) or "The database is up to date.")


@app.command(name="admin-link")
def admin_link(
    port: Annotated[int | None, typer.Option(help="Port that the link names (STADTKERN_PORT).")] = None,
    data: DataOption = None,
) -> None:
    """Print a link with which one person becomes an administrator; it works once, for 24 hours."""
    from stadtkern.serve import commands

    settings = _settings(data, port=port)
    with postgres.available(settings) as url:
        print(asyncio.run(commands.administrator_link(url=url, settings=settings)))


@app.command(name="import")
def import_file(
    file: Annotated[Path, typer.Argument(help="File to import.", exists=True, dir_okay=False)],
    mapping: Annotated[Path | None, typer.Option(help="Mapping (TOML): what the columns mean.")] = None,
    guess: Annotated[bool, typer.Option("--guess", help="Print a guessed mapping for review.")] = False,
    report: Annotated[Path | None, typer.Option(help="Write the report as JSON to this file.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Also if it was imported before.")] = False,
    data: DataOption = None,
) -> None:
    """Import a file as observations; running it twice changes nothing."""
    from stadtkern.ingest.imports import command

    settings = _settings(data)
    if guess:
        command.print_guess(file=file)
        return
    if mapping is None:
        raise typer.BadParameter("name a mapping with --mapping, or have one guessed with --guess")
    with postgres.available(settings) as url:
        asyncio.run(migrations.migrate(url=url))  # the pages' tables are of no concern here
        code = asyncio.run(
            command.import_file(
                url=url,
                settings=settings,
                file=file,
                mapping=mapping,
                report=report,
                console=console,
                again=again,
            )
        )
    raise typer.Exit(code)


@app.command()
def settings(
    markdown: Annotated[bool, typer.Option("--markdown", help="As the page docs/settings.md.")] = False,
) -> None:
    """Print all settings and what they mean."""
    print(settings_page.describe() if markdown else _settings())
