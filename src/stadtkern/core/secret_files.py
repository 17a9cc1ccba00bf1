# SPDX-License-Identifier: EUPL-1.2
"""Secrets that are made at first start and kept in a file for its owner only."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path


def kept(path: Path) -> str:
    """The secret in a file, made whole or not at all: whoever is killed here must not leave an empty one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        if kept := path.read_text(encoding="ascii").strip():
            return kept
        path.unlink()
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    handle = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, stat.S_IRUSR | stat.S_IWUSR)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):  # another process was faster
            os.link(fresh, path)
    finally:
        fresh.unlink()
    return path.read_text(encoding="ascii").strip()
