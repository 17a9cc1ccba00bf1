# SPDX-License-Identifier: EUPL-1.2
"""`python -m bench [name …]`: run the benchmarks, print a table, leave JSON in bench-results."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bench import installation
from bench.figures import Figure, Run, table
from bench.session import Session

NAMES = (
    "posts",
    "mqtt",
    "bulk",
    "arrays",
    "history",
    "reads",
    "formats",
    "disposal",
    "pages",
    "budgets",
    "board",
    "map",
    "search",
    "onboarding",
    "footprint",
)
RESULTS = Path("bench-results")
PAGE = Path("docs/benchmarks.md")
_QUIET = 0.5


def main(arguments: list[str]) -> int:
    """Returns 1 where a goal was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("names", nargs="*", default=NAMES, metavar="name", help=f"one or more of {NAMES}")
    rows = int(os.environ.get("BENCH_ROWS", "10000000"))
    parser.add_argument("--rows", type=int, default=rows, help="observations in the store (BENCH_ROWS)")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of each load")
    parser.add_argument("--page", action="store_true", help=f"write {PAGE} from this run")
    parser.add_argument("--after", nargs="*", default=[], type=Path, help="results of runs to show before it")
    given = parser.parse_args(arguments)
    load = os.getloadavg()[0]
    if load > _QUIET:
        print(f"The machine is busy (load {load:.1f}): figures will come out too low.", flush=True)
    figures: list[Figure] = []
    with installation.scratch() as folder:
        session = Session(folder=folder, rows=given.rows, seconds=given.seconds)
        for name in given.names:
            print(f"{name} …", flush=True)
            for figure in importlib.import_module(f"bench.measures.{name}").measure(session):
                print(
                    f"  {figure.name}: {figure.value:,.1f} {figure.unit}, ratio {figure.ratio:.2f}",
                    flush=True,
                )
                figures.append(figure)
    run = _run(figures, load=load, command=" ".join(["python -m bench", *arguments]))
    print(f"\n{table(figures)}\n\n{_keep(run)}")
    if given.page:
        earlier = [msgspec.json.decode(path.read_bytes(), type=Run) for path in given.after]
        PAGE.write_text(_page([*earlier, run]), encoding="utf-8")
    return 1 if any(figure.met is False for figure in figures) else 0


def _run(figures: list[Figure], *, load: float, command: str) -> Run:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    return Run(
        at=datetime.now(UTC), commit=commit, machine=_machine(), command=command, load=load, figures=figures
    )


def _machine() -> str:
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    cores = len(os.sched_getaffinity(0))
    system = f"Linux {platform.release()}, Python {platform.python_version()}"
    return f"{model}, {cores} cores, {memory:.0f} GB, {system}"


def _keep(run: Run) -> Path:
    RESULTS.mkdir(exist_ok=True)
    content = msgspec.json.format(msgspec.json.encode(run))
    path = RESULTS / f"{run.at:%Y%m%dT%H%M%SZ}.json"
    path.write_bytes(content)
    (RESULTS / "latest.json").write_bytes(content)
    return path


def _page(runs: Sequence[Run]) -> str:
    shown = "\n\n".join(_section(run) for run in runs)
    return f"""<!-- SPDX-License-Identifier: CC-BY-4.0 -->
<!-- Written by `python -m bench --page`; do not edit. -->
# Benchmarks

On {runs[-1].machine}; the load generator runs on the same machine.
Each reference is measured in the same run, so that a slow machine is told from slow code.
`make bench` repeats all of it, `make bench BENCH=posts` one part.

![The same questions in stores of different sizes: p95 in milliseconds](images/growth.svg)

The picture is of the last run of `reads` in stores of different sizes;
`BENCH_ROWS=100000000 make bench BENCH=reads` adds the largest.

{shown}
"""


def _section(run: Run) -> str:
    told = f"commit {run.commit}, load average {run.load:.1f} before"
    return f"## {run.at:%Y-%m-%d %H:%M} UTC, `{run.command}`\n{told}.\n\n{table(run.figures)}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
