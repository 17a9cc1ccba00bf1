# SPDX-License-Identifier: EUPL-1.2
"""Which supervisors run with a data folder, and what they are told from outside."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
from collections.abc import Iterator
from typing import Any

from stadtkern.core import problems
from stadtkern.core.settings import Settings
from stadtkern.serve import supervisor


class NothingRuns(problems.Problem):
    """No Stadtkern runs with this data folder.

    Start it with `stadtkern serve`, or name the folder with `--data`.
    """


def running(settings: Settings) -> list[dict[str, Any]]:
    """What the supervisors of this data folder say of themselves: their number and their processes."""
    found = []
    for path in sorted(settings.data.glob("*.lock")):
        if path.name == "postgres.lock":
            continue
        with path.open() as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                with contextlib.suppress(ValueError):  # it is written at this moment
                    found.append(json.loads(handle.read()))
    return found


@contextlib.contextmanager
def held(settings: Settings) -> Iterator[None]:
    """Keep `stadtkern serve` away from the data folder for a while. Raises AlreadyRunning where it runs."""
    if running(settings):
        raise supervisor.AlreadyRunning(str(settings.data))
    with supervisor.alone(settings.data, names=supervisor.CHILDREN):
        yield


def restart(settings: Settings) -> int:
    """Have the supervisors replace their processes; returns how many supervisors. Raises NothingRuns."""
    found = running(settings)
    if not found:
        raise NothingRuns(str(settings.data))
    for each in found:
        os.kill(each["pid"], signal.SIGUSR1)
    return len(found)
