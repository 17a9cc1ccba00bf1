# SPDX-License-Identifier: EUPL-1.2
"""Writing stops before the disk is full, and begins again by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from stadtkern.core import disk


def test_writing_stops_before_the_last_byte_and_begins_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a time to come back; it looks again after half a second, not at every row."""
    now, left, asked = [100.0], [5_000_000], [0]

    def free(_: Path) -> int:
        asked[0] += 1
        return left[0]

    monkeypatch.setattr(disk, "free", free)
    room = disk.Room(tmp_path, reserve=1_048_576, clock=lambda: now[0])
    room.require()
    left[0] = 1000
    room.require()  # it has just looked
    now[0] += 0.6
    with pytest.raises(disk.DiskFull) as caught:
        room.require()
    assert caught.value.headers == {"Retry-After": "30"}
    assert caught.value.status == 503
    left[0] = 5_000_000
    now[0] += 0.6
    room.require()
    assert asked[0] == 3


def test_of_another_machine_s_disk_nothing_is_known() -> None:
    """A database that was given reports a full disk itself."""
    room = disk.Room(None, reserve=10**18)
    room.require()
    assert room.free is None
