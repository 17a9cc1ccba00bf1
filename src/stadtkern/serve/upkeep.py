# SPDX-License-Identifier: EUPL-1.2
"""The words with which an installation is looked after: restart, backup, restore, doctor."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from stadtkern.core import logs, postgres
from stadtkern.core import settings as core_settings
from stadtkern.core.settings import Settings

console = Console(stderr=True)
_MARKS = {"ok": ("ok     ", "green"), "warning": ("warning", "yellow"), "wrong": ("WRONG  ", "bold red")}
Tell = Callable[[str, int, int | None], None]

DataOption = Annotated[Path | None, typer.Option("--data", help="Data folder (STADTKERN_DATA).")]


def add_to(app: typer.Typer) -> None:
    """Add the words to the command line."""
    app.command()(restart)
    app.command()(backup)
    app.command()(restore)
    app.command()(doctor)


def _settings(data: Path | None, **more: Any) -> Settings:
    loaded = core_settings.load(data=None if data is None else str(data), **more)
    logs.configure(loaded, process="cli")
    return loaded


def restart(data: DataOption = None) -> None:
    """Replace the running processes one by one; requests wait for a moment, none is lost."""
    from stadtkern.serve import installation

    installation.restart(_settings(data))
    console.print("The processes are replaced one after the other; the log says when.")


def backup(
    file: Annotated[Path, typer.Argument(help="The backup: one file.", dir_okay=False)],
    verify: Annotated[
        bool, typer.Option("--verify", help="Check a backup that is there: its sums, and a test restoration.")
    ] = False,
    scratch: Annotated[
        Path | None, typer.Option(help="Folder for the test restoration; it needs room for a whole database.")
    ] = None,
    data: DataOption = None,
) -> None:
    """Save everything into one file while it runs, without secrets; or check such a file."""
    from stadtkern.serve.backup import make, restore

    settings = _settings(data)
    with _progress() as tell:
        if verify:
            made = restore.verify(settings=settings, file=file, scratch=scratch, tell=tell)
        else:
            with postgres.available(settings) as url:
                made = make.backup(settings=settings, url=url, file=file.absolute(), tell=tell)
    rows = sum(table.rows for table in made.census.tables.values())
    size = make.size_of(made.members)
    what = "Restored for a test and found whole" if verify else "Saved"
    console.print(
        f"{what}: {rows:,} rows in {len(made.census.tables)} tables, {size / 1e6:,.1f} MB, "
        f"made {made.made_at} by version {made.version}.",
        highlight=False,
    )
    if made.missing:
        console.print(
            f"[bold red]Missing in the archive, already when it was saved:[/] {', '.join(made.missing[:10])}"
        )
    if not verify:
        console.print(f"Try it: stadtkern backup --verify {file}", highlight=False)


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `stadtkern backup` has made.", exists=True)],
    replace: Annotated[
        bool, typer.Option("--replace", help="Also where there is data already; that is gone then.")
    ] = False,
    end_tokens: Annotated[
        bool, typer.Option("--end-tokens", help="End all tokens that the backup holds.")
    ] = False,
    data: DataOption = None,
) -> None:
    """Put a backup back into an empty installation, of the same version or a newer one."""
    from stadtkern.serve.backup import restore as restoration

    with _progress() as tell:
        done = restoration.restore(
            settings=_settings(data), file=file, replace=replace, end_tokens=end_tokens, tell=tell
        )
    console.print(f"Restored what was saved {done.manifest.made_at}.", highlight=False)
    if done.migrated:
        console.print("Migrated: " + ", ".join(done.migrated), highlight=False)
    if done.ended:
        console.print(f"{done.ended} tokens were ended.", highlight=False)
    if done.tokens:
        console.print(
            f"{done.tokens} tokens are valid again, also those that were revoked after the backup was made: "
            "see `stadtkern token list`.",
            highlight=False,
        )
    console.print("Everybody signs in anew: sessions and the key that signs cookies are not in a backup.")


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
    port: Annotated[int | None, typer.Option(help="Port to listen on (STADTKERN_PORT).")] = None,
    data: DataOption = None,
) -> None:
    """Look everything over and say what is wrong and how to mend it; ends with 1 where something is wrong."""
    from stadtkern.serve.doctor import examine

    found = examine.examine(_settings(data, port=port))
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(found), indent=1).decode())
    else:
        for each in found:
            mark, style = _MARKS[each.state]
            console.print(f"[{style}]{mark}[/] [bold]{each.name}[/]: {escape(each.seen)}", highlight=False)
            if each.remedy:
                console.print(f"    → {escape(each.remedy)}", highlight=False)
    raise typer.Exit(any(each.state == "wrong" for each in found))


@contextlib.contextmanager
def _progress() -> Iterator[Tell]:
    """Show what is being done, how far it is, and how many bytes."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as shown:
        task = shown.add_task("", total=None)
        yield lambda what, done, total: shown.update(task, description=what, completed=done, total=total)
