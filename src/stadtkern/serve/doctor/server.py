# SPDX-License-Identifier: EUPL-1.2
"""The database's server: its files, its start, and what its log complains of."""

from __future__ import annotations

from collections.abc import Iterator

from stadtkern.core import pids, postgres
from stadtkern.core.settings import Settings
from stadtkern.serve.doctor.findings import Finding, ok, warning, wrong

_END_OF_LOG = 200_000
_MAKE_ROOM = "Make room on the disk; the start is tried again by itself."

# What stands in the log or in the error of a start, and what it means.
_KNOWN = (
    ("No space left on device", _MAKE_ROOM),
    ("Permission denied", "Give the data folder back to the account that runs the database: chown -R it."),
    ("cannot reach", "Open the folders above the data folder (chmod o+x), or do not run as root."),
    ("shared memory block is still in use", "Wait until its last processes have ended, or end them."),
    ("invalid value for parameter", "Correct `postgres/own.conf` in the data folder."),
    ("unrecognized configuration parameter", "Correct `postgres/own.conf` in the data folder."),
    (
        "Cannot allocate memory",
        "Lower shared_buffers in `postgres/own.conf`, or give the machine more memory.",
    ),
    ("was made by PostgreSQL", "Back up with the version of Stadtkern that made it, restore with this one."),
    ("invalid checkpoint record", "Its files are damaged: restore a backup into an empty folder."),
    ("is not a folder of ours", "Remove what lies there, or choose another data folder."),
)


def files(settings: Settings) -> Iterator[Finding]:
    """What can be seen of the embedded server before it is asked to start."""
    embedded = postgres.Embedded(settings)
    version = embedded.folder / "PG_VERSION"
    try:
        made_by = version.read_text().strip()
    except FileNotFoundError:
        yield ok("database-files", "there is no database yet; the first start makes it")
        return
    except PermissionError:
        yield wrong(
            "database-files", f"{version} cannot be read", "Run as the user that runs `stadtkern serve`."
        )
        return
    if made_by != postgres.MAJOR:
        yield wrong(
            "database-files",
            f"made by PostgreSQL {made_by}, this is {postgres.MAJOR}",
            _remedy("was made by PostgreSQL"),
        )
    else:
        yield ok("database-files", f"PostgreSQL {made_by}")
    left = embedded.folder / "postmaster.pid"
    if left.exists() and embedded.pid() is None:
        if pids.somebody_in(embedded.folder):
            yield wrong(
                "database-process",
                "postmaster.pid names no server of ours, but somebody works in its folder",
                "End that process first: `fuser` or `lsof` on the folder names it.",
            )
        else:
            yield ok("database-process", "a postmaster.pid was left over; the next start takes it away")


def failed_start(error: Exception) -> Finding:
    """Why the server did not start."""
    text = str(error).strip()
    last = next(
        (line for line in reversed(text.splitlines()) if "FATAL" in line or "PANIC" in line), text[-300:]
    )
    return wrong(
        "database",
        f"it does not start: {last.strip()}",
        _remedy(text) or "The end of postgres.log says more.",
    )


def complaints(settings: Settings) -> Iterator[Finding]:
    """What the end of the server's log says."""
    path = settings.data / "postgres.log"
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _END_OF_LOG))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return
    bad = [
        line for line in lines if "PANIC" in line or "No space left on device" in line or "corrupt" in line
    ]
    if bad:
        remedy = _remedy(bad[-1]) or "Look at the lines around it in postgres.log."
        yield warning(
            "database-log",
            f"{len(bad)} grave lines lately, the last: {bad[-1].strip()[:200]}",
            f"If that was not mended since: {remedy}",
        )
    else:
        yield ok("database-log", "nothing grave lately")


def _remedy(text: str) -> str:
    return next((remedy for words, remedy in _KNOWN if words in text), "")
