# SPDX-License-Identifier: EUPL-1.2
"""Starts the database and the three processes, restarts what falls, and stops everything in order."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import structlog

from stadtkern.core import postgres, problems
from stadtkern.core.settings import Settings
from stadtkern.serve import processes

log = structlog.get_logger(__name__)

CHILDREN = ("data", "web", "work")
_PATIENCE = 20.0
_STEADY = 10.0
_LONGEST_PAUSE = 30.0
_OFTEN = 5


class AlreadyRunning(problems.Problem):
    """Stadtkern already runs with this data folder.

    Stop it there, or choose another folder: `make demo DATA=other PORT=8001`.
    """


class Child:
    """One process that is kept running."""

    def __init__(
        self, *, name: str, command: list[str], environment: dict[str, str], listener: int | None = None
    ):
        self.name = name
        self._handed_on = () if listener is None else (listener,)
        self._command = command
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self.falls = 0  # since the supervisor began
        self._falls = 0  # in a row, each soon after the start
        self._not_before = 0.0

    def look_after(self, *, now: float) -> None:
        """Start it where it does not run; wait longer each time it falls soon after its start."""
        if self._process is not None:
            code = self._process.poll()
            if code is None:
                return
            self._falls = 0 if now - self._started > _STEADY else self._falls + 1
            pause = pause_after(self._falls)
            log.error("a process fell; it is started again", name=self.name, code=code, pause=round(pause, 1))
            if self._falls and self._falls % _OFTEN == 0:
                log.error(
                    "a process falls again and again soon after its start: its last lines above say why; "
                    "`stadtkern doctor` looks for the reason",
                    name=self.name, falls=self._falls,
                )  # fmt: skip
            self.falls += 1
            self._not_before = now + pause
            self._process = None
        if now >= self._not_before:
            self._start(now)

    def _start(self, now: float) -> None:
        self._started = now
        try:
            self._process = subprocess.Popen(  # noqa: S603  (our own interpreter and words)
                self._command, env=self._environment, start_new_session=True, pass_fds=self._handed_on
            )
        except OSError as error:  # no memory, or too many processes: the others must go on
            self._falls += 1
            self._not_before = now + pause_after(self._falls)
            log.error("a process could not be started; it is tried again", name=self.name, error=str(error))

    @property
    def pid(self) -> int | None:
        """The number of the process, None while there is none."""
        return None if self._process is None else self._process.pid

    def replace(self) -> None:
        """Let it end in peace; it is started again as if it had never run."""
        self.ask_to_stop()
        self.wait(until=time.monotonic() + _PATIENCE)
        self._process, self._falls, self._not_before = None, 0, 0.0

    def ask_to_stop(self) -> None:
        """Send SIGTERM."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def wait(self, *, until: float) -> None:
        """Wait for its end; kill it after the deadline."""
        if self._process is None:
            return
        try:
            self._process.wait(timeout=max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("a process did not stop in time; it is killed", name=self.name)
            self._process.kill()
            self._process.wait()


def pause_after(falls: int) -> float:
    """Seconds until the next try; longer after each fall, but never more than half a minute."""
    return min(_LONGEST_PAUSE, 0.2 * 2.0 ** min(falls, 16))


class Supervisor:
    """The parent of everything that `stadtkern serve` runs."""

    def __init__(
        self,
        settings: Settings,
        *,
        names: tuple[str, ...] = CHILDREN,
        listener: socket.socket | None = None,
    ):
        self._settings = settings
        self._names = names
        self._listener = listener
        self._stop = threading.Event()
        self._again = threading.Event()
        self._lock: IO[str] | None = None
        self._noted: dict[str, Any] = {}
        self._preparing = True

    def run(self, *, prepare: Callable[[str], None], ready: Callable[[str], None]) -> None:
        """Start the database, call `prepare(url)`, keep the children running until a signal, stop all."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
                signal.signal(number, self._on_signal)
        signal.signal(signal.SIGUSR1, lambda *_: self._again.set())
        embedded = None if self._settings.database_url else postgres.Embedded(self._settings)
        url = self._settings.database_url or (embedded.url if embedded else "")
        children: list[Child] = []
        with alone(self._settings.data, names=self._names) as self._lock:
            self._note([])
            try:
                if embedded is not None:
                    embedded.start()
                prepare(url)
                self._preparing = False
                children = [self._child(name, url) for name in self._names]
                self._watch(children, embedded, lambda: ready(url))
            except KeyboardInterrupt:
                log.info("interrupted while the database or the tables were prepared")
            finally:
                self._preparing = False
                _stop_all(children)
                if embedded is not None:
                    log.info("stopping the database")
                    embedded.stop()
                if self._listener is not None:
                    self._listener.close()

    def _on_signal(self, *_: object) -> None:
        self._stop.set()
        if self._preparing:
            raise KeyboardInterrupt

    def _note(self, children: Sequence[Child]) -> None:
        """Write into the lock file who runs, for `stadtkern restart` and `stadtkern doctor`."""
        known = {child.name: {"pid": child.pid, "falls": child.falls} for child in children}
        now = {"pid": os.getpid(), "processes": known}
        if self._lock is not None and now != self._noted:
            self._noted = now
            with contextlib.suppress(OSError):  # a full disk must not end the supervision
                self._lock.truncate(0)
                self._lock.write(json.dumps(now))
                self._lock.flush()

    def _child(self, name: str, url: str) -> Child:
        command = [sys.executable, "-m", "stadtkern", "child", name, "--parent", str(os.getpid())]
        listener = None
        if self._listener is not None and name in processes.WITH_PORT:
            listener = self._listener.fileno()
            command += ["--listener", str(listener)]
        environment = processes.environment(self._settings, url=url)
        return Child(name=name, command=command, environment=environment, listener=listener)

    def _watch(
        self, children: list[Child], embedded: postgres.Embedded | None, ready: Callable[[], None]
    ) -> None:
        told = False
        while not self._stop.is_set():
            now = time.monotonic()
            if embedded is not None and embedded.pid() is None:
                self._restart(embedded)
            if self._again.is_set():
                self._again.clear()
                self._replace(children)
            for child in children:
                child.look_after(now=now)
            self._note(children)
            if not told:
                threading.Thread(target=ready, daemon=True).start()
                told = True
            self._stop.wait(0.2)

    def _replace(self, children: list[Child]) -> None:
        """One process after the other; who connects meanwhile waits, for the port stays open."""
        for child in children:
            log.info("a process is replaced", name=child.name)
            child.replace()
            child.look_after(now=time.monotonic())

    def _restart(self, embedded: postgres.Embedded) -> None:
        """Start the database again, however often it takes; a signal interrupts that."""
        falls = 0
        self._preparing = True
        while not self._stop.is_set():
            log.error("the database fell; it is started again")
            try:
                embedded.start()
                break
            except postgres.DatabaseStartFailed as error:
                # What it was doing may have to end first, or the disk is full.
                falls += 1
                log.error("the database does not start; it is tried again", error=str(error))
                self._stop.wait(pause_after(falls))
        self._preparing = False


@contextlib.contextmanager
def alone(data: Path, *, names: Sequence[str]) -> Iterator[IO[str]]:
    """Hold the data folder for ourselves; gives the lock file. Raises AlreadyRunning."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / f"{'-'.join(names)}.lock").open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunning(str(data)) from error
        yield handle


def _stop_all(children: list[Child]) -> None:
    for child in children:
        child.ask_to_stop()
    until = time.monotonic() + _PATIENCE
    for child in children:
        child.wait(until=until)
