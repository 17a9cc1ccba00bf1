# SPDX-License-Identifier: EUPL-1.2
"""What `stadtkern import` does: progress while it runs, then the report, for people and for machines."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from stadtkern.core import problems
from stadtkern.core import times as core_times
from stadtkern.core.settings import Settings
from stadtkern.ingest.imports import guess, recipe, report, run, times
from stadtkern.things.store import batch

# The database waits for rows while another thread reads the file; that one must let go of the interpreter.
_SWITCH_SECONDS = 0.0002

DONE, REFUSED, FAILED = 0, 1, 2
"""Exit codes: all taken, some values refused, not imported."""


class _Bar:
    """A progress bar with rate and remaining time."""

    def __init__(self, progress: Progress, *, task: TaskID):
        self._progress = progress
        self._task = task

    def __call__(self, *, done: int, total: int, values: int) -> None:
        """Move the bar."""
        elapsed = self._progress.tasks[self._task].elapsed or 0.0
        rate = f"{values / elapsed:,.0f} values/s" if elapsed > 0.2 else ""
        self._progress.update(self._task, completed=done, total=total, rate=rate)


async def import_file(
    *,
    url: str,
    settings: Settings,
    file: Path,
    mapping: Path,
    report: Path | None,
    console: Console,
    again: bool = False,
) -> int:
    """Import a file, print the report, write it as JSON if asked; returns the exit code."""
    # Rows are many small lists that live shortly; searching them for cycles would cost a quarter of the time.
    gc.set_threshold(100_000, 50, 100)
    sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        story = await _imported(
            url=url, settings=settings, file=file, mapping=mapping, console=console, again=again
        )
    except problems.Problem as problem:
        console.print(f"[bold red]{problem.title}:[/] {problem.detail}", highlight=False)
        if problem.remedy:
            console.print(problem.remedy, highlight=False)
        return FAILED
    console.print(render(story))
    if report is not None:
        report.write_bytes(to_json(story))
    return REFUSED if story.refused else DONE


async def _imported(
    *, url: str, settings: Settings, file: Path, mapping: Path, console: Console, again: bool
) -> report.Report:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(file.name, total=None, rate="")
        return await run.import_file(
            url=url,
            path=file,
            recipe_=recipe.load(path=mapping),
            folders=[mapping.parent],
            accepted=accepted(settings),
            progress=_Bar(progress, task=task),
            again=again,
        )


def accepted(settings: Settings) -> times.Span:
    """The times that the installation takes."""
    ahead = settings.accepted_ahead * times.DAY
    first = times.year(settings.accepted_from)
    return times.Span(first, batch.microseconds(core_times.now()) + ahead)


def print_guess(*, file: Path) -> None:
    """Print a guessed mapping for review."""
    print(guess.mapping_for(path=file), end="")


render = report.render
to_json = report.to_json
