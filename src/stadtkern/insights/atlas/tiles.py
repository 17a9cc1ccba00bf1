# SPDX-License-Identifier: EUPL-1.2
"""Tiles of the base map: fetched for everybody from the one address of the setting, and kept on disk."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gzip
import hashlib
import math
import os
import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from stadtkern.core import exchange, fetching, problems

# basemap.de has tiles to this level; above it browsers enlarge them.
DEEPEST = 15
GERMANY = (5.5, 47.2, 15.6, 55.1)
MOST_BYTES = 2 * 1024 * 1024
SECONDS = 8.0
KEPT_BYTES = 256 * 1024 * 1024
_FRESH_SECONDS = 7 * 86_400.0
_AWAY_SECONDS = 30.0
_AT_ONCE, _MOST_WAITING = 6, 60
_SWEEP_EVERY = 100
_NOTHING = (204, 404)
_KINDS = frozenset(
    (
        "application/vnd.mapbox-vector-tile",
        "application/x-protobuf",
        "application/protobuf",
        "application/octet-stream",
        "",
    )
)


class BaseMapIsAway(problems.Problem):
    """The base map cannot be had at the moment.

    The map shows outlines and places without it. Try again in a minute.
    """

    status = 503

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail, headers={"Retry-After": "60"})


class Tile(NamedTuple):
    """A square of the map: level, column, row (Web Mercator)."""

    z: int
    x: int
    y: int

    @property
    def exists(self) -> bool:
        """Whether the level has such a square."""
        return 0 <= self.z <= DEEPEST and 0 <= self.x < 2**self.z and 0 <= self.y < 2**self.z

    def touches(self, box: Sequence[float]) -> bool:
        """Whether it shows something of west, south, east, north in degrees."""
        west, south, east, north = box
        left, right = (360 * column / 2**self.z - 180 for column in (self.x, self.x + 1))
        top, bottom = (_latitude(row / 2**self.z) for row in (self.y, self.y + 1))
        return left <= east and right >= west and bottom <= north and top >= south


def _latitude(share: float) -> float:
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * share))))


class Kept(msgspec.Struct, frozen=True):
    """A tile as it lies on disk: packed with gzip, empty where the map has nothing."""

    packed: bytes
    fresh: bool

    @property
    def etag(self) -> str:
        """Names this content."""
        return f'"{hashlib.sha256(self.packed).hexdigest()[:32]}"'


class Tiles:
    """Tiles of one address, which must hold `{z}`, `{x}` and `{y}`.

    Only our own name goes to the source: nothing of whoever looks at the map. `folder` is ours alone;
    when it holds more than `most` bytes, what was fetched longest ago goes.
    """

    def __init__(
        self,
        *,
        template: str,
        folder: Path,
        allowed: Sequence[str] = (),
        most: int = KEPT_BYTES,
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.time,
    ):
        self._template = template
        self._folder = folder / hashlib.sha256(template.encode()).hexdigest()[:16]
        self._root = folder
        self._fetcher = fetching.Fetcher(allowed=allowed, most_bytes=MOST_BYTES, seconds=seconds, redirects=0)
        self._most = most
        self._clock = clock
        self._away_until = float("-inf")
        self._written = 0
        self._gate = asyncio.Semaphore(_AT_ONCE)
        self._asking: dict[Tile, asyncio.Task[bytes]] = {}

    async def kept(self, tile: Tile) -> Kept | None:
        """The tile as we have it, perhaps an old one; None if we have none."""
        return await asyncio.to_thread(self._read, tile)

    async def get(self, tile: Tile) -> Kept:
        """The tile, fetched if what we have is missing or old. Raises BaseMapIsAway if there is none."""
        have = await self.kept(tile)
        if have is not None and have.fresh:
            return have
        try:
            return Kept(await self._fetched(tile), fresh=True)
        except BaseMapIsAway:
            if have is None:
                raise
            return have

    async def _fetched(self, tile: Tile) -> bytes:
        """Asked for once, however many wait for it."""
        task = self._asking.get(tile)
        if task is None:
            if self._clock() < self._away_until or len(self._asking) >= _MOST_WAITING:
                raise BaseMapIsAway
            task = self._asking[tile] = asyncio.create_task(self._fetch(tile))
            task.add_done_callback(functools.partial(self._done, tile))
        return await asyncio.shield(task)

    def _done(self, tile: Tile, task: asyncio.Task[bytes]) -> None:
        del self._asking[tile]
        if not task.cancelled():
            task.exception()  # everybody who waited may be gone

    async def _fetch(self, tile: Tile) -> bytes:
        async with self._gate:
            if self._clock() < self._away_until:
                raise BaseMapIsAway
            body = await self._ask(tile)
        packed = await asyncio.to_thread(gzip.compress, body, 6, mtime=0) if body else b""
        with contextlib.suppress(OSError):  # a full disk takes nothing from the map
            await asyncio.to_thread(self._write, tile, packed)
        return packed

    async def _ask(self, tile: Tile) -> bytes:
        z, x, y = map(str, tile)
        url = self._template.replace("{z}", z).replace("{x}", x).replace("{y}", y)
        try:
            found = await self._fetcher.fetch(url=url)
        except fetching.SourceAnswered as error:
            if error.answered in _NOTHING:
                return b""
            self._away_until = self._clock() + _AWAY_SECONDS
            raise BaseMapIsAway(error.detail) from error
        except (exchange.SourceIsAway, fetching.AddressRefused, fetching.AnswerTooLarge, OSError) as error:
            if not isinstance(error, fetching.AnswerTooLarge):
                self._away_until = self._clock() + _AWAY_SECONDS
            raise BaseMapIsAway(str(error)) from error
        if found.media_type not in _KINDS:
            raise BaseMapIsAway(f"it answers with {found.media_type}, no vector tile")
        return found.body

    def _path(self, tile: Tile) -> Path:
        return self._folder / f"{tile.z}-{tile.x}-{tile.y}.gz"

    def _read(self, tile: Tile) -> Kept | None:
        try:
            with self._path(tile).open("rb") as file:
                age = self._clock() - os.fstat(file.fileno()).st_mtime
                return Kept(file.read(), fresh=age < _FRESH_SECONDS)
        except OSError:
            return None

    def _write(self, tile: Tile, packed: bytes) -> None:
        """Whole or not at all; now and then what is too much goes."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._path(tile)
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
        try:
            fresh.write_bytes(packed)
            fresh.replace(path)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
        if self._written % _SWEEP_EVERY == 0:
            self.sweep()
        self._written += 1

    def sweep(self) -> None:
        """Remove the oldest files until four fifths of what may be kept are left."""
        found = sorted(_sizes(self._root))
        held = sum(size for _, size, _ in found)
        if held <= self._most:
            return
        for _, size, path in found:
            if held <= 0.8 * self._most:
                return
            path.unlink(missing_ok=True)
            held -= size


def _sizes(root: Path) -> list[tuple[float, int, Path]]:
    """When each file was written and how much room it takes, in blocks of the disk."""
    found = []
    for path in root.rglob("*.gz*"):
        with contextlib.suppress(OSError):  # another process was faster
            about = path.stat()
            found.append((about.st_mtime, max(about.st_size, 4_096), path))
    return found
