# SPDX-License-Identifier: EUPL-1.2
"""What `stadtkern serve` costs at rest: the memory of all processes, and the time of a second start."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from bench import bare, streams
from bench.figures import Figure
from bench.installation import Installation
from bench.session import Session
from stadtkern.core import postgres
from stadtkern.core import settings as core_settings

_SETTLE_SECONDS = 15.0


def measure(session: Session) -> Iterator[Figure]:
    """Start the demo city a second time, let it come to rest, add up the memory."""
    with session.demo(started=False) as installation:
        started = installation.start(demo=True)
        with installation.connect() as connection:
            streams.wait_for_fold(connection)
        time.sleep(_SETTLE_SECONDS)
        memory = _pss(installation.pids())
        installation.stop()
        database = _database_start(installation)
    with bare.serving(port=installation.port) as pid:
        empty = _pss([pid])
    yield Figure(
        name="memory at rest (PSS), PostgreSQL included", value=memory, unit="MB", goal=450,
        reference=empty, reference_is="a server that stores nothing, without database",
    )  # fmt: skip
    yield Figure(
        name="second start to first page", value=started, unit="s", goal=10,
        reference=database, reference_is="start of PostgreSQL alone",
    )  # fmt: skip


def _pss(pids: Iterable[int]) -> float:
    """Proportional set size in MB: shared memory counts once in all, not once per process."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total * 1024 / 1_000_000


def _database_start(installation: Installation) -> float:
    embedded = postgres.Embedded(core_settings.load(environment={}, data=str(installation.folder)))
    began = time.monotonic()
    embedded.start()
    taken = time.monotonic() - began
    embedded.stop()
    return taken
