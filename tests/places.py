# SPDX-License-Identifier: EUPL-1.2
"""Where tests put what nobody needs after them: in memory where there is plenty of it, else on the disk."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")
# The log of the shared database is kept to a quarter of it; what it holds at a time is less.
_PLENTY = 4 << 30


def folder(prefix: str) -> Path:
    """A fresh folder for a database or an installation, which other accounts may enter.

    Each clone of the template has a thousand files. Who sets TMPDIR says where they shall be.
    """
    made = Path(tempfile.mkdtemp(prefix=prefix, dir=_MEMORY if _in_memory() else None))
    made.chmod(0o755)
    return made


def _in_memory() -> bool:
    if "TMPDIR" in os.environ or not os.access(_MEMORY, os.W_OK | os.X_OK):
        return False
    return min(shutil.disk_usage(_MEMORY).free, _free_memory()) > _PLENTY


def _free_memory() -> int:
    """What could be taken without anything being paged out, in bytes."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:"))
