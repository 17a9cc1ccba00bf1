# SPDX-License-Identifier: EUPL-1.2
"""What the benchmarks of one run share: scratch folders, the demo city, how many rows the store gets."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from bench.installation import Installation


class Session:
    """One run. Everything lies in one scratch folder."""

    def __init__(self, *, folder: Path, rows: int, seconds: float):
        self.rows = rows
        self.seconds = seconds
        self._folder = folder
        self._demo_loaded = False

    @contextlib.contextmanager
    def blank(self, name: str) -> Iterator[Installation]:
        """A running installation without any data."""
        folder = self._folder / name
        folder.mkdir(mode=0o755)
        with Installation(folder=folder) as installation:
            installation.start(page="/health")
            yield installation

    @contextlib.contextmanager
    def demo(self, *, started: bool = True) -> Iterator[Installation]:
        """The demo city, loaded once per run; running unless asked otherwise."""
        folder = self._folder / "demo"
        folder.mkdir(mode=0o755, exist_ok=True)
        with Installation(folder=folder) as installation:
            if not self._demo_loaded:
                installation.start(demo=True)
                self._demo_loaded = True
                if not started:
                    installation.stop()
            elif started:
                installation.start(demo=True)
            yield installation
