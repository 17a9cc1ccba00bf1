# SPDX-License-Identifier: EUPL-1.2
"""A log that cannot be written stops nobody."""

from __future__ import annotations

import errno
import io
import logging

import pytest
import structlog

from stadtkern.core import logs
from stadtkern.core import settings as core_settings


class _Full(io.TextIOBase):
    """The disk below is full."""

    def write(self, _: str, /) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    def flush(self) -> None:
        self.write("")


def test_a_full_disk_costs_the_line_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither our loggers nor those of libraries raise where they were to tell of something."""
    with pytest.raises(OSError, match="No space"):
        _Full().write("so it is")
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr("sys.stderr", _Full())
    try:
        logs.configure(core_settings.load(environment={}), process="test")
        structlog.get_logger("test").error("nobody hears this")
        logging.getLogger("library").error("nor this")
    finally:
        structlog.reset_defaults()
        structlog.contextvars.clear_contextvars()
