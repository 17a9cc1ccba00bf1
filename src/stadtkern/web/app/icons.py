# SPDX-License-Identifier: EUPL-1.2
"""The app's icon: our mark in the city's colour, drawn in any size as PNG."""

from __future__ import annotations

import itertools
import struct
import zlib
from functools import lru_cache

import numpy as np
import numpy.typing as npt

SIZES = (192, 512)
TOUCH = 180
# The mark of icon.svg: a line through these points of a square of 32, and how thick it is.
_POINTS = ((7.0, 22.0), (13.0, 13.0), (18.0, 18.0), (25.0, 8.0))
_SIDE, _HALF = 32.0, 1.5
# What is left of a maskable icon by whatever mask (W3C Web App Manifest, "maskable"): the middle 80 %.
_SAFE = 0.72

Pixels = npt.NDArray[np.float64]


@lru_cache(maxsize=16)
def draw(*, size: int, colour: str, maskable: bool = False) -> bytes:
    """A square PNG of `size` pixels. `colour` is `#rrggbb`; a maskable one fills its square to the edges."""
    scale = _SIDE / size / (_SAFE if maskable else 1)
    middle = (np.arange(size) + 0.5 - size / 2) * scale + _SIDE / 2
    x, y = np.meshgrid(middle, middle)
    mark = _covered(_far_from_line(x, y) - _HALF, scale)
    ground = np.ones_like(x) if maskable else _covered(_far_from_square(x, y), scale)
    given = [int(colour[start : start + 2], 16) for start in (1, 3, 5)]
    pixels = np.empty((size, size, 4), dtype=np.uint8)
    for channel, value in enumerate(given):
        pixels[..., channel] = np.rint(value + (255 - value) * mark)
    pixels[..., 3] = np.rint(ground * 255)
    return _png(pixels)


def _covered(distance: Pixels, scale: float) -> Pixels:
    """How much of each pixel lies inside an outline, by its distance from it."""
    inside: Pixels = np.clip(0.5 - distance / scale, 0.0, 1.0)
    return inside


def _far_from_line(x: Pixels, y: Pixels) -> Pixels:
    far = np.full_like(x, np.inf)
    for (x1, y1), (x2, y2) in itertools.pairwise(_POINTS):
        dx, dy = x2 - x1, y2 - y1
        along = np.clip(((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy), 0.0, 1.0)
        far = np.minimum(far, np.hypot(x - x1 - along * dx, y - y1 - along * dy))
    return far


def _far_from_square(x: Pixels, y: Pixels, round_by: float = 7.0) -> Pixels:
    reach = _SIDE / 2 - round_by
    dx, dy = np.abs(x - _SIDE / 2) - reach, np.abs(y - _SIDE / 2) - reach
    outside: Pixels = np.hypot(np.maximum(dx, 0), np.maximum(dy, 0)) - round_by
    return outside


def _png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Eight bits, red, green, blue and alpha, no filter (PNG, third edition, 11.2)."""
    height, width, _ = pixels.shape
    lines = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)], axis=1)
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
