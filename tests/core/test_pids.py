# SPDX-License-Identifier: EUPL-1.2
"""The end of a process is noticed when it comes, whoever's child it is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

from stadtkern.core import pids


def _endless() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])


def test_a_living_process_is_waited_for_only_so_long() -> None:
    """The answer is no; once it has ended it is yes, without waiting."""
    process = _endless()
    assert not pids.gone(process.pid, within=0.05)
    os.kill(process.pid, signal.SIGKILL)
    began = time.monotonic()
    assert pids.gone(process.pid, within=30)
    assert time.monotonic() - began < 20
    assert pids.gone(process.pid, within=30)
    process.wait()


def test_an_end_is_asked_for_and_waited_for() -> None:
    """Also of a process that somebody else started."""
    script = (
        "import signal, subprocess, sys; "
        "signal.signal(signal.SIGINT, signal.SIG_DFL); "  # a shell may have told those behind it to ignore it
        "p = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()']); "
        "print(p.pid, flush=True); p.wait()"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        grandchild = int(parent.stdout.readline())
        pids.end(grandchild)
        assert not pids.alive(grandchild)
