# SPDX-License-Identifier: EUPL-1.2
"""Rooms have style files of their own; two that call different things the same spoil each other's pages."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

_STYLES = Path(__file__).parents[2] / "src" / "stadtkern" / "ui" / "styles"
_BLOCK = re.compile(r"^\.(sk-[a-z0-9-]+) \{", re.MULTILINE)


def test_each_block_is_described_in_one_file() -> None:
    """Light and dark are chosen by classes that several files know."""
    files = defaultdict(set)
    for file in _STYLES.glob("*.scss"):
        for name in _BLOCK.findall(file.read_text(encoding="utf-8")):
            files[name].add(file.name)
    assert len(files) > 100
    several = {name: sorted(found) for name, found in files.items() if len(found) > 1}
    assert several.keys() == {"sk-scheme--dark", "sk-scheme--light"}
