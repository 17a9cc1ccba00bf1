# SPDX-License-Identifier: EUPL-1.2
"""Processes of which only the number is known: whether they live, where they work, and their end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path


def end(pid: int) -> None:
    """Ask for a fast end and wait for it; insist after a minute."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + 60
    while alive(pid):
        if time.monotonic() > deadline:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGQUIT)
            deadline += 60
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether there is such a process; one of ours that has ended is let go."""
    _reap(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _reap(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def works_in(pid: int, folder: Path) -> bool:
    """Whether the number in a left-over postmaster.pid is still that server's (pids are used again)."""
    try:
        return os.path.samefile(f"/proc/{pid}/cwd", folder)
    except PermissionError:
        return False
    except FileNotFoundError:
        shown = subprocess.run(["ps", "-p", str(pid), "-o", "command="], capture_output=True, check=False)  # noqa: S607, S603
        return b"postgres" in shown.stdout and os.fsencode(folder) in shown.stdout
