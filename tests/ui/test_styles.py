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


def test_pages_are_sent_only_what_they_ask_of_kern() -> None:
    """KERN has 500 properties; what nothing names would be a third of every first visit."""
    sent = next((_STYLES.parents[1] / "web" / "assets").glob("app-*.css")).read_text(encoding="utf-8")
    told = set(re.findall(r"[{;](--kern-[\w-]+):", sent))
    asked = set(re.findall(r"var\((--kern-[\w-]+)", sent))
    assert "--kern-typography-font-family-default" in told
    assert told <= asked
    assert "kern-btn" in sent
