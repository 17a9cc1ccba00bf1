# SPDX-License-Identifier: EUPL-1.2
"""The embedded PostgreSQL: made, started, found again and stopped by us; never reachable over the network."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import structlog

from stadtkern.core import binaries
from stadtkern.core.settings import Settings

log = structlog.get_logger(__name__)

ROLE = "stadtkern"
MAJOR = "18"
_SOCKET_LIMIT = 90  # bytes of a socket folder's path; the kernel allows 107 with the file's name
_CONFIGURATION = """\
# Written by Stadtkern at every start; own settings go into own.conf beside this file.
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 80
shared_buffers = 128MB
work_mem = 16MB
maintenance_work_mem = 128MB
effective_cache_size = 2GB
random_page_cost = 1.1
jit = off
max_wal_size = 4GB
min_wal_size = 256MB
checkpoint_timeout = 10min
fsync = on
synchronous_commit = on
full_page_writes = on
io_workers = 1
autovacuum_naptime = 20s
autovacuum_vacuum_cost_limit = 1000
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
log_line_prefix = '%m [%p] '
log_min_duration_statement = 1000
include_if_exists = 'own.conf'
"""


class DatabaseStartFailed(Exception):
    """The embedded PostgreSQL did not start; the message carries the end of its log."""


class Embedded:
    """One PostgreSQL cluster below the data folder."""

    def __init__(self, settings: Settings):
        self.folder = settings.data / "postgres"
        self.log_file = settings.data / "postgres.log"
        self._lock_file = settings.data / "postgres.lock"
        self._data = settings.data
        self._account = pwd.getpwnam(settings.database_account) if os.geteuid() == 0 else None
        self._binaries = binaries.installed()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def socket_folder(self) -> Path:
        """Where the Unix socket lies: in the data folder, or below /tmp where that path is too long."""
        near = self._data / "run"
        if len(os.fsencode(near)) <= _SOCKET_LIMIT:
            return near
        digest = hashlib.sha256(os.fsencode(self._data)).hexdigest()[:16]
        return Path("/tmp") / f"stadtkern-{os.geteuid()}-{digest}"  # noqa: S108  (0700, checked for its owner)

    @property
    def url(self) -> str:
        """The address for psycopg."""
        return self.url_of("stadtkern")

    def url_of(self, name: str) -> str:
        """The address of one database in this cluster."""
        return f"postgresql://{ROLE}@/{name}?host={quote(str(self.socket_folder), safe='')}"

    def start(self) -> bool:
        """Start the server, or find the one that runs already (then False). Waits for crash recovery."""
        self._prepare()
        with self._locked():
            if self._answers():
                return False
            if not (self.folder / "PG_VERSION").exists():
                self._initialise()
            self._configure()
            self._launch()
        return True

    def stop(self) -> None:
        """Stop the server and wait until its files are at rest."""
        pid = self.pid()
        if pid is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + 60
        while _alive(pid):
            if time.monotonic() > deadline:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGQUIT)
                deadline += 60
            time.sleep(0.02)
        if self._process is not None:
            self._process.wait()
            self._process = None

    def pid(self) -> int | None:
        """Process number of the running server, None where none runs."""
        try:
            pid = int((self.folder / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None
        return pid if _alive(pid) and _is_postgres(pid) else None

    def _prepare(self) -> None:
        self._data.mkdir(parents=True, exist_ok=True)
        for folder in (self.socket_folder, self.folder):
            folder.mkdir(mode=0o700, exist_ok=True)
            owner = self._account.pw_uid if self._account else os.geteuid()
            if self._account:
                os.chown(folder, self._account.pw_uid, self._account.pw_gid)
            if folder.stat().st_uid != owner:
                raise DatabaseStartFailed(
                    f"{folder} belongs to somebody else; remove it or choose another data folder"
                )
            folder.chmod(0o700)
        if self._account:
            self._binaries = binaries.reachable(self._binaries, account=self._account)
            if not binaries.may(self._account, ["test", "-w", str(self.folder)]):
                raise DatabaseStartFailed(
                    f"the account {self._account.pw_name} cannot reach {self.folder}; open the folders above "
                    f"it (chmod o+x), choose another data folder, or do not run as root"
                )

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with self._lock_file.open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _initialise(self) -> None:
        log.info("creating the database", folder=str(self.folder))
        for left in self.folder.iterdir():  # an interrupted initdb
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        command = [
            str(self._binaries / "initdb"), "-D", str(self.folder), "-U", ROLE, "-E", "UTF8",
            "--locale-provider=builtin", "--locale=C.UTF-8", "--auth=peer", "--no-instructions",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False, **self._as_account())  # noqa: S603
        if done.returncode != 0:
            (self.folder / "PG_VERSION").unlink(missing_ok=True)
            raise DatabaseStartFailed(done.stderr.strip()[-2000:])

    def _configure(self) -> None:
        version = (self.folder / "PG_VERSION").read_text().strip()
        if version != MAJOR:
            raise DatabaseStartFailed(
                f"{self.folder} was made by PostgreSQL {version}, this is {MAJOR}: back up and restore"
            )
        accounts = {pwd.getpwuid(os.geteuid()).pw_name} | (
            {self._account.pw_name} if self._account else set()
        )
        self._write("stadtkern.conf", f"{_CONFIGURATION}unix_socket_directories = '{self.socket_folder}'\n")
        if not (self.folder / "own.conf").exists():
            self._write("own.conf", "# Settings of your own; they win.\n")
        self._write("postgresql.conf", "include = 'stadtkern.conf'\n")
        self._write("pg_hba.conf", "local all all peer map=stadtkern\n")
        self._write("pg_ident.conf", "".join(f"stadtkern {name} {ROLE}\n" for name in sorted(accounts)))

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.write_text(text)
        if self._account:
            os.chown(path, self._account.pw_uid, self._account.pw_gid)

    def _launch(self) -> None:
        if self._process is not None:
            self._process.wait()
        with self.log_file.open("ab") as output:
            self._process = process = subprocess.Popen(  # noqa: S603
                [str(self._binaries / "postgres"), "-D", str(self.folder)],
                stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
                **self._as_account(),
            )  # fmt: skip
        told = time.monotonic() + 5
        while not self._answers():
            if process.poll() is not None:
                raise DatabaseStartFailed(self.log_file.read_text(errors="replace")[-2000:])
            if time.monotonic() > told:
                log.info("the database recovers after an unclean stop; this may take a while")
                told += 30
            time.sleep(0.02)
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'stadtkern'").fetchone():
                connection.execute("CREATE DATABASE stadtkern")

    def _answers(self) -> bool:
        if self.pid() is None:
            return False
        try:
            psycopg.connect(self.url_of("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _as_account(self) -> dict[str, Any]:
        if self._account is None:
            return {}
        return {"user": self._account.pw_uid, "group": self._account.pw_gid, "extra_groups": [], "cwd": "/"}


@contextlib.contextmanager
def available(settings: Settings) -> Iterator[str]:
    """The database's address for the time of a command; starts the embedded one only where none runs."""
    if settings.database_url:
        yield settings.database_url
        return
    embedded = Embedded(settings)
    started = embedded.start()
    try:
        yield embedded.url
    finally:
        if started:
            embedded.stop()


def _alive(pid: int) -> bool:
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


def _is_postgres(pid: int) -> bool:
    """Whether the number in a left-over postmaster.pid is still a PostgreSQL's (pids are used again)."""
    try:
        return b"postgres" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        shown = subprocess.run(["ps", "-p", str(pid), "-o", "command="], capture_output=True, check=False)  # noqa: S607, S603
        return b"postgres" in shown.stdout
