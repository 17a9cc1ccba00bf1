# SPDX-License-Identifier: EUPL-1.2
"""Opens plain, gzip and xz files alike and knows how far the reading has come."""

from __future__ import annotations

import gzip
import io
import lzma
from pathlib import Path
from typing import BinaryIO, cast


def open_bytes(*, path: Path) -> tuple[BinaryIO, BinaryIO]:
    """The unpacked stream (seekable to its start) and the file as stored, whose position is the progress."""
    stored = path.open("rb")
    suffix = path.suffix.lower()
    if suffix == ".xz":
        return cast(
            BinaryIO, io.BufferedReader(cast(io.RawIOBase, _Owned(lzma.LZMAFile(stored), stored)))
        ), stored
    if suffix == ".gz":
        return cast(
            BinaryIO, io.BufferedReader(cast(io.RawIOBase, _Owned(gzip.GzipFile(fileobj=stored), stored)))
        ), stored
    return stored, stored


class _Owned(io.RawIOBase):
    """An unpacking stream that closes the stored file with itself."""

    def __init__(self, unpacked: lzma.LZMAFile | gzip.GzipFile, stored: BinaryIO):
        self._unpacked = unpacked
        self._stored = stored

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._unpacked.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._unpacked.seek(offset, whence)

    def tell(self) -> int:
        return self._unpacked.tell()

    def close(self) -> None:
        if not self.closed:
            self._unpacked.close()
            self._stored.close()
        super().close()
