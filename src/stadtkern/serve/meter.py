# SPDX-License-Identifier: EUPL-1.2
"""How each process tells its figures to the one that is asked for `/metrics`: over a socket of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import structlog

from stadtkern.core import metrics

log = structlog.get_logger(__name__)

_ENDING = ".figures"
_PATIENCE_SECONDS = 1.0
_began = time.time()

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[metrics.Family]).decode


@contextlib.asynccontextmanager
async def told(*, folder: Path, name: str) -> AsyncIterator[None]:
    """Tell this process's figures to whoever of us asks, for the time of the block."""
    metrics.REGISTRY.ask(own)
    path = folder / f"{name}{_ENDING}"
    path.unlink(missing_ok=True)
    server = await asyncio.start_unix_server(_tell, path=str(path))
    try:
        yield
    finally:
        server.close()


async def _tell(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):  # whoever asked is gone
        writer.write(_encode(metrics.REGISTRY.collect()))
        await writer.drain()
        writer.close()
        await writer.wait_closed()


async def gathered(*, folder: Path) -> list[metrics.Family]:
    """The figures of all our processes that answer, each sample with the name of its process."""
    paths = sorted(folder.glob(f"*{_ENDING}"))
    answers = await asyncio.gather(*(_asked(path) for path in paths))
    return [
        family
        for path, families in zip(paths, answers, strict=True)
        for family in metrics.labelled(families, process=path.stem)
    ]


async def _asked(path: Path) -> list[metrics.Family]:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            reader, writer = await asyncio.open_unix_connection(str(path))
            try:
                return _decode(await reader.read(-1))
            finally:
                writer.close()
    except (OSError, TimeoutError, msgspec.MsgspecError) as error:
        log.debug("a process does not tell its figures", name=path.stem, error=str(error))
        return []


def own() -> Iterator[metrics.Family]:
    """Memory, processor time and age of this process."""
    yield metrics.gauge(
        "stadtkern_process_start_time_seconds",
        "When the process began (Unix time); changes at restarts.",
        _began,
    )
    used = os.times()
    cpu = metrics.Family(
        "stadtkern_process_cpu_seconds",
        "counter",
        "Processor time used.",
        [("_total", [], used.user + used.system)],
    )
    yield cpu
    if sys.platform == "linux":
        yield metrics.gauge(
            "stadtkern_process_memory_bytes", "Proportional set size (PSS) of the process.", memory()
        )


def memory(pid: int | str = "self") -> float:
    """Proportional set size of a process in bytes; 0 where it may not be known."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024.0
    except (OSError, ValueError):
        pass
    return 0.0
