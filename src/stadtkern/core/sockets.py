# SPDX-License-Identifier: EUPL-1.2
"""The folder of the sockets by which our own processes speak with each other."""

from __future__ import annotations

import os
from pathlib import Path

from stadtkern.core import postgres
from stadtkern.core.settings import Settings


def folder(settings: Settings) -> Path:
    """A folder that is only ours, made where it is missing. Raises PermissionError where it is not."""
    path = postgres.Embedded(settings).socket_folder.with_name("web")
    if path.parent == Path("/tmp"):  # noqa: S108  (data folder with a very long path)
        path = postgres.Embedded(settings).socket_folder.with_suffix(".web")
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.stat().st_uid != os.geteuid():
        raise PermissionError(f"{path} belongs to somebody else")
    return path
