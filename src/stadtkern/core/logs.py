# SPDX-License-Identifier: EUPL-1.2
"""Structured logs, one line each, for people or for machines."""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.typing import Processor

from stadtkern.core.settings import Settings


def configure(settings: Settings, *, process: str) -> None:
    """Set up logging of this process once, before anything else happens."""
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
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
    logging.basicConfig(
        level=max(level, logging.WARNING), stream=sys.stderr, format="%(levelname)s %(name)s %(message)s"
    )


def shorten_address(address: str) -> str:
    """Cut an IP address to its network (/24, /48) so that a log line does not name a person's line."""
    if ":" in address:
        return ":".join(address.split(":")[:3]) + "::"
    parts = address.split(".")
    return ".".join([*parts[:3], "0"]) if len(parts) == 4 else ""
