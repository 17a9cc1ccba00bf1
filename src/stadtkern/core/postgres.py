# SPDX-License-Identifier: EUPL-1.2
"""The embedded PostgreSQL: made, started, found again and stopped by us; never reachable over the network."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import pwd
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import psycopg
import structlog

from stadtkern.core import binaries, folders, pids
from stadtkern.core.settings import Settings

log = structlog.get_logger(__name__)

ROLE = "stadtkern"
MAJOR = "18"
_BETWEEN_QUESTIONS = 0.02  # seconds
_SOCKET_LIMIT = 90  # bytes of a socket folder's path; the kernel allows 107 with the file's name
_CONFIGURATION = """\
# Written by Stadtkern at every start; own settings go into own.conf beside this file.
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 80
shared_buffers = 112MB
wal_buffers = 16MB
work_mem = 16MB
maintenance_work_mem = 128MB
effective_cache_size = 2GB
random_page_cost = 1.1
jit = off
max_wal_size = 4GB
min_wal_size = 1GB  # stays ready: to make 16 MB of the log anew halts every commit for some 80 ms
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
log_parameter_max_length = 0
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
        self._owner = folders.Owner(os.geteuid(), os.getegid())
        if self._account:
            self._owner = folders.Owner(self._account.pw_uid, self._account.pw_gid)
        self._unfinished = settings.data / "postgres.unfinished"
        self._users = settings.data / "postgres.users"
        self._use: IO[str] | None = None
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

    def serves(self, url: str) -> bool:
        """Whether an address is that of this cluster."""
        return url.partition("?")[2] == self.url.partition("?")[2]

    def start(self) -> bool:
        """Start the server, or find the one that runs already (then False). Waits for crash recovery."""
        self._prepare()
        with self._locked() as lock:
            if self._use is None:
                self._use = self._users.open("a")
                fcntl.flock(self._use, fcntl.LOCK_SH)
            if self._answers():
                return False
            if self._unfinished.exists() or not (self.folder / "PG_VERSION").exists():
                self._initialise(lock)
            self._configure()
            self._launch()
        return True

    def tell_own(self, text: str) -> None:
        """Have the running server use settings of its own that need no restart."""
        self._write("own.conf", text)
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            connection.execute("SELECT pg_reload_conf()")

    def stop(self) -> None:
        """Stop the server and wait until its files are at rest; whoever uses it last does so."""
        if not self._data.exists():
            return
        with self._locked():
            if self._last():
                self._shut_down()
            elif self._process is not None:
                # The others' now; still our child, so somebody here must take note of its end.
                threading.Thread(target=self._process.wait, name="postgres-end", daemon=True).start()
                self._process = None

    def _last(self) -> bool:
        """Whether nobody else uses the server; we do not from now on."""
        use, self._use = self._use or self._users.open("a"), None
        with use:
            try:
                fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        return True

    def _shut_down(self) -> None:
        process, self._process = self._process, None
        pid = self.pid()
        if pid is None and process is not None and process.poll() is None:
            pid = process.pid  # just started, its file is not there yet
        if pid is not None:
            pids.end(pid)
        if process is not None:
            process.wait()

    def pid(self) -> int | None:
        """Process number of the running server, None where none runs."""
        try:
            pid = int((self.folder / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None
        return pid if pids.alive(pid) and pids.works_in(pid, self.folder) else None

    def _prepare(self) -> None:
        self._data.mkdir(parents=True, exist_ok=True)
        for folder in (self.socket_folder, self.folder):
            try:
                folders.private(folder, owner=self._owner, follow=folder.parent == self._data)
            except PermissionError as error:
                raise DatabaseStartFailed(f"{error}; remove it or choose another data folder") from error
        if self._account:
            try:
                self._binaries = binaries.reachable(binaries.installed(), account=self._account)
            except PermissionError as error:
                raise DatabaseStartFailed(str(error)) from error
            if not binaries.may(self._account, ["test", "-w", str(self.folder)]):
                raise DatabaseStartFailed(
                    f"the account {self._account.pw_name} cannot reach {self.folder}; open the folders above "
                    f"it (chmod o+x), choose another data folder, or do not run as root"
                )

    @contextlib.contextmanager
    def _locked(self) -> Iterator[int]:
        with self._lock_file.open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield handle.fileno()

    def _initialise(self, lock: int) -> None:
        """Make the cluster. The mark beside it stands until that is done; initdb holds our lock if we die."""
        log.info("creating the database", folder=str(self.folder))
        self._unfinished.touch()
        folders.sync(self._data)
        for left in self.folder.iterdir():  # an interrupted initdb
            shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
        command = [
            str(self._binaries / "initdb"), "-D", str(self.folder), "-U", ROLE, "-E", "UTF8",
            "--locale-provider=builtin", "--locale=C.UTF-8", "--auth=peer", "--no-instructions",
        ]  # fmt: skip
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, check=False, pass_fds=(lock,), **self._as_account()
        )
        if done.returncode != 0:
            raise DatabaseStartFailed(done.stderr.strip()[-2000:])
        self._unfinished.unlink()
        folders.sync(self._data)

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
        folders.write(self.folder / name, text, owner=self._owner)

    def _clear_left_over(self) -> None:
        """Take away a postmaster.pid whose number is another process's now: PostgreSQL would not start.

        That is so after the restart of a container, where numbers begin anew. Kept wherever a server of this
        folder may still live; PostgreSQL itself checks the shared memory once more.
        """
        left = self.folder / "postmaster.pid"
        socket = self.socket_folder / ".s.PGSQL.5432"
        if not left.exists() or pids.somebody_in(self.folder) or pids.listens(socket):
            return
        log.warning(
            "a postmaster.pid was left over; it is taken away", was=left.read_text()[:20].split("\n")[0]
        )
        left.unlink(missing_ok=True)

    def _spawn(self) -> None:
        if self._process is not None:
            self._process.wait()
        self._clear_left_over()
        with self.log_file.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603
                [str(self._binaries / "postgres"), "-D", str(self.folder)],
                stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
                **self._as_account(),
            )  # fmt: skip

    def _launch(self) -> None:
        """Start the server unless one runs, and wait for its answer: it may recover for long."""
        if self.pid() is None:
            self._spawn()
        told = time.monotonic() + 5
        while not self._answers():
            ended = self._process is None or self._process.poll() is not None
            if ended and self.pid() is None:
                raise DatabaseStartFailed(self.log_file.read_text(errors="replace")[-2000:])
            if time.monotonic() > told:
                log.info("the database recovers after an unclean stop; this may take a while")
                told += 30
            if server := self.pid() or (self._process and self._process.pid):
                pids.gone(server, within=_BETWEEN_QUESTIONS)  # ask again soon, or at once where it ends
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
    """The database's address for the time of a command; starts the embedded one where none runs."""
    if settings.database_url:
        yield settings.database_url
        return
    embedded = Embedded(settings)
    try:
        embedded.start()
        yield embedded.url
    finally:
        embedded.stop()
