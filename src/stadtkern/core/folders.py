# SPDX-License-Identifier: EUPL-1.2
"""Folders and files for an account, made so that nobody can have us follow a link laid there before."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


class Owner(NamedTuple):
    """Whom it shall belong to."""

    uid: int
    gid: int


def private(path: Path, *, owner: Owner, follow: bool = False) -> None:
    """Make a folder for one account only, or take over what is ours or its. Raises PermissionError.

    `follow` links only below a folder in which nobody else can lay one.
    """
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | (0 if follow else os.O_NOFOLLOW))
    except OSError as error:
        raise PermissionError(f"{path} is not a folder of ours: {error.strerror}") from error
    try:
        if os.fstat(handle).st_uid not in (os.geteuid(), owner.uid):
            raise PermissionError(f"{path} belongs to somebody else")
        if os.geteuid() == 0:
            os.fchown(handle, *owner)
        os.fchmod(handle, 0o700)
    finally:
        os.close(handle)


def arriving(data: Path) -> Path:
    """Where uploads wait while they come in; made where it is missing, open to this account only."""
    path = data / "imports" / "arriving"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def write(path: Path, text: str, *, owner: Owner) -> None:
    """Put a file into place at once, for its owner only; what stood there is replaced, not followed."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    handle = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            if os.geteuid() == 0:
                os.fchown(handle, *owner)
            file.write(text)
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def store(path: Path, chunks: Iterable[bytes]) -> int:
    """Put a new file on the disk for good, whole or, where the chunks end in an error, not at all.

    Returns its size in bytes. Raises FileExistsError.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            size = sum(file.write(chunk) for chunk in chunks)
            file.flush()
            os.fsync(file.fileno())
        sync(path.parent)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return size


def sync(folder: Path) -> None:
    """Have the disk keep which files there are."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
