# SPDX-License-Identifier: EUPL-1.2
"""The machine: Python, folders and rights, disk, memory, port, processes, built files."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from stadtkern.core import disk, problems
from stadtkern.core.settings import Settings
from stadtkern.serve import installation, port
from stadtkern.serve.doctor import findings
from stadtkern.serve.doctor.findings import Finding, ok, warning, wrong

_OLDEST = (3, 11)
_LITTLE_MEMORY = 200_000_000
_FEW_INODES = 10_000
_MEBIBYTE = 1_048_576
_WEB = Path(__file__).parent.parent.parent / "web"


def check(settings: Settings) -> Iterator[Finding]:
    """Everything that can be seen without the database."""
    yield _python()
    yield _folder(settings)
    yield from _key(settings)
    if settings.data.exists():
        yield from _disk(settings)
    yield from _memory()
    yield from _processes(settings)
    yield _built()
    yield from _address(settings)


def _python() -> Finding:
    shown = sys.version.split()[0]
    if sys.version_info < _OLDEST:
        return wrong("python", f"version {shown}", "Use Python 3.11 or later.")
    return ok("python", f"version {shown}")


def _folder(settings: Settings) -> Finding:
    data = settings.data
    if not data.exists():
        parent = next(path for path in data.parents if path.exists())
        if os.access(parent, os.W_OK | os.X_OK):
            return ok("folder", f"{data} is not there yet; the first start makes it")
        return wrong(
            "folder",
            f"{data} cannot be made in {parent}",
            "Choose another with `--data`, or allow writing there.",
        )
    if not data.is_dir():
        return wrong("folder", f"{data} is not a folder", "Move it away, or choose another with `--data`.")
    if not os.access(data, os.R_OK | os.W_OK | os.X_OK):
        owner = data.stat().st_uid
        return wrong(
            "folder",
            f"{data} belongs to user {owner} and we are {os.geteuid()}",
            f"Run as that user, or: chown {os.geteuid()} {data}",
        )
    return ok("folder", str(data))


def _key(settings: Settings) -> Iterator[Finding]:
    path = settings.data / "secret-key"
    if settings.secret_key or not path.exists():
        return
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        yield wrong(
            "secret-key",
            "others on this machine can read it",
            f"chmod 600 {path}, then make a new one: remove it and restart; everybody signs in anew.",
        )
    elif not os.access(path, os.R_OK) or not path.read_text(encoding="ascii").strip():
        yield wrong(
            "secret-key",
            "it is empty or cannot be read",
            f"Remove {path} and restart; everybody signs in anew.",
        )
    else:
        yield ok("secret-key", "only ours")


def _disk(settings: Settings) -> Iterator[Finding]:
    free, reserve = disk.free(settings.data), settings.disk_reserve * _MEBIBYTE
    seen = f"{findings.size(free)} are free"
    remedy = "Make room (old backups, logs), or stop, copy the data folder to a larger disk, start."
    if free < reserve:
        yield wrong(
            "disk", f"{seen}, less than the reserve of {findings.size(reserve)}: nothing is stored", remedy
        )
    elif free < 4 * reserve:
        yield warning("disk", f"{seen}; below {findings.size(reserve)} nothing is stored any more", remedy)
    else:
        yield ok("disk", seen)
    inodes = os.statvfs(settings.data)
    if inodes.f_files and inodes.f_favail < _FEW_INODES:
        yield warning(
            "disk-files", f"room for {inodes.f_favail} more files", "Remove many small files from this disk."
        )


def _memory() -> Iterator[Finding]:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return
    known = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if line.endswith("kB")}
    free = known.get("MemAvailable", 0)
    seen = f"{findings.size(free)} of {findings.size(known.get('MemTotal', 0))} can be had"
    if free < _LITTLE_MEMORY:
        yield warning(
            "memory",
            seen,
            "Stop other programs; the operating system ends processes of ours when none is left.",
        )
    else:
        yield ok("memory", seen)


def _processes(settings: Settings) -> Iterator[Finding]:
    running = installation.running(settings)
    for each in running:
        fallen = {name: known["falls"] for name, known in each["processes"].items() if known["falls"]}
        if fallen:
            seen = ", ".join(f"{name} fell {falls} times" for name, falls in fallen.items())
            yield warning(
                "processes",
                f"{seen} since the start",
                "Its last lines before `a process fell` in the log say why.",
            )
        else:
            yield ok("processes", f"running: {', '.join(each['processes'])} (supervisor {each['pid']})")
    if not running:
        yield ok("processes", "not running")
        yield _port(settings)


def _port(settings: Settings) -> Finding:
    try:
        port.listen(settings, patience=0.0).close()
    except problems.Problem as problem:
        return wrong("port", f"{problem.title}: {problem.detail}", problem.remedy)
    return ok("port", f"{settings.host}:{settings.port} is free")


def _built() -> Finding:
    remedy = "Install the wheel, or build from the source tree with `make assets`."
    if not any((_WEB / "assets").glob("*.css")) and not any((_WEB / "assets").glob("**/*.css")):
        return wrong("assets", "styles and scripts of the pages are missing", remedy)
    if not any((_WEB / "locale").rglob("*.mo")):
        return wrong("assets", "the translations are not compiled", remedy)
    return ok("assets", "built")


def _address(settings: Settings) -> Iterator[Finding]:
    if settings.public_url is None and settings.host not in ("127.0.0.1", "::1", "localhost"):
        yield warning(
            "address",
            f"we listen on {settings.host}, but links begin with {settings.base_url}",
            "Set STADTKERN_PUBLIC_URL to the address that people use.",
        )
