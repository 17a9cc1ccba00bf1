# SPDX-License-Identifier: EUPL-1.2
"""What the benchmarks of one run share: scratch folders, the demo city, how many rows the store gets."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec

from bench import streams
from bench.installation import Installation

STREAMS = 1000
LONG = 1_000_000


class History(msgspec.Struct, frozen=True):
    """What lies in a filled store: all streams, those with a whole year, one with a million rows."""

    ids: list[int]
    whole: list[int]
    long: int
    folded: float
    """Seconds the fold took for all of it."""


class Session:
    """One run. Everything lies in one scratch folder."""

    def __init__(self, *, folder: Path, rows: int, seconds: float):
        self.rows = rows
        self.seconds = seconds
        self._folder = folder
        self._demo_loaded = False
        self._histories: dict[int, History] = {}

    @contextlib.contextmanager
    def blank(
        self, name: str, *, environment: Mapping[str, str] = MappingProxyType({})
    ) -> Iterator[Installation]:
        """A running installation without any data."""
        folder = self._folder / name
        folder.mkdir(mode=0o755)
        with Installation(folder=folder, environment=environment) as installation:
            installation.start(page="/health")
            yield installation

    @contextlib.contextmanager
    def history(self, *, rows: int) -> Iterator[tuple[Installation, History]]:
        """A running store with so many rows in a thousand streams and a million in one more; filled once."""
        folder = self._folder / f"history-{rows}"
        folder.mkdir(mode=0o755, exist_ok=True)
        with Installation(folder=folder) as installation:
            installation.start(page="/health")
            if rows not in self._histories:
                installation.token()
                self._histories[rows] = _filled(installation, rows=rows)
            yield installation, self._histories[rows]

    @contextlib.contextmanager
    def demo(self, *, started: bool = True) -> Iterator[Installation]:
        """The demo city, loaded once per run and done with its loading; running unless asked otherwise."""
        folder = self._folder / "demo"
        folder.mkdir(mode=0o755, exist_ok=True)
        with Installation(folder=folder) as installation:
            if not self._demo_loaded:
                installation.start(demo=True)
                with installation.connect() as connection:
                    streams.wait_for_fold(connection)
                    connection.execute("CHECKPOINT")  # of what the loading wrote the log is used again
                self._demo_loaded = True
                if not started:
                    installation.stop()
            elif started:
                installation.start(demo=True)
            yield installation


def _filled(installation: Installation, *, rows: int) -> History:
    with installation.connect() as connection:
        ids = streams.create(connection, streams=STREAMS)
        whole = streams.fill(connection, datastream_ids=ids, rows=rows)
        (long,) = streams.create(connection, streams=1)
        streams.fill_long(connection, datastream_id=long, rows=LONG)
        return History(ids, whole, long, streams.wait_for_fold(connection))
