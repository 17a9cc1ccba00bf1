# SPDX-License-Identifier: EUPL-1.2
"""Processes of which only the number is known: whether they live, where they work, and their end."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

_PATIENCE_SECONDS = 60.0


def end(pid: int) -> None:
    """Ask for a fast end and wait for it; insist after a minute."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGINT)
    while not gone(pid, within=_PATIENCE_SECONDS):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGQUIT)


def gone(pid: int, *, within: float) -> bool:
    """Whether a process has ended, after waiting for that at most so many seconds; it need not be a child."""
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "linux":
            descriptor = os.pidfd_open(pid)
            try:
                select.select([descriptor], [], [], within)
            finally:
                os.close(descriptor)
        else:
            with contextlib.closing(select.kqueue()) as queue:
                exit_ = select.kevent(
                    pid, select.KQ_FILTER_PROC, select.KQ_EV_ADD | select.KQ_EV_ONESHOT, select.KQ_NOTE_EXIT
                )
                queue.control([exit_], 1, within)
    return not alive(pid)


def alive(pid: int) -> bool:
    """Whether there is such a process that has not ended; one of ours that has is let go."""
    _reap(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return not _ended(pid)


def _ended(pid: int) -> bool:
    """Whether all that is left of a process is the note for its parent, who may never read it."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        done = subprocess.run(["ps", "-p", str(pid), "-o", "state="], capture_output=True, check=False)  # noqa: S607, S603
        state = done.stdout.decode().strip() or "Z"
    return state.startswith("Z")


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


def somebody_in(folder: Path) -> bool:
    """Whether a process works in the folder, as a server's processes do; True where that cannot be told."""
    own = Path("/proc/self/cwd")
    if not own.exists():
        return True
    for cwd in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(
            OSError
        ):  # it ended meanwhile, or is somebody else's: the folder is ours alone
            if os.path.samefile(cwd, folder):
                return True
    return False


def listens(path: Path) -> bool:
    """Whether somebody answers at a Unix socket, be it in another container that shares the folder."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(5.0)
        try:
            probe.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except OSError:
            return True
    return True
