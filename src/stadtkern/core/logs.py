# SPDX-License-Identifier: EUPL-1.2
"""Structured logs, one line each, for people or for machines."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
from typing import TextIO, cast

import structlog
from structlog.typing import Processor

from stadtkern.core.settings import Settings


class Unfailing(io.TextIOBase):
    """Writes to another stream; what that does not take is lost, not the work that was to be told of.

    A log may lie on the very disk that is full.
    """

    def __init__(self, stream: TextIO):
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, if that is possible."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Hand on what was written, if that is possible."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()

    def isatty(self) -> bool:
        """Whether somebody is watching."""
        return self._stream.isatty()


def configure(settings: Settings, *, process: str) -> None:
    """Set up logging of this process once, before anything else happens."""
    stream = Unfailing(sys.stderr)
    level = logging.getLevelNamesMapping().get(settings.log_level.upper(), logging.INFO)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    final: Processor = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            exception_formatter=structlog.dev.plain_traceback,  # never values: tokens are among them
        )
    )
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, final]
        if settings.log_format == "json"
        else [*shared, final],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=cast(TextIO, stream)),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
    logging.basicConfig(
        level=max(level, logging.WARNING), stream=stream, format="%(levelname)s %(name)s %(message)s"
    )


def shorten_address(address: str) -> str:
    """Cut an IP address to its network (/24, /48) so that a log line does not name a person's line."""
    if ":" in address:
        return ":".join(address.split(":")[:3]) + "::"
    parts = address.split(".")
    return ".".join([*parts[:3], "0"]) if len(parts) == 4 else ""
