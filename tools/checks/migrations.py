# SPDX-License-Identifier: EUPL-1.2
"""SQL migrations of a package are numbered without double, so that all databases run the same ones."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.checks.tree import Finding, Tree

_NAME = re.compile(r"(?P<number>\d{4})_[a-z0-9_]+\.sql")


def check(tree: Tree) -> Iterator[Finding]:
    """Misnamed files and doubled numbers; a gap is a number that was reserved and not needed."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for path in tree.files(under="src/stadtkern/"):
        folder, _, name = path.rpartition("/")
        if PurePosixPath(folder).parts[-2:] != ("sql", "migrations"):
            continue
        match = _NAME.fullmatch(name)
        if match:
            numbers[folder].append(int(match["number"]))
        else:
            yield Finding(path, 1, "a migration is called NNNN_what_it_does.sql")
    for folder, found in numbers.items():
        if len(set(found)) != len(found):
            yield Finding(folder, 1, f"each number stands once, not {', '.join(map(str, found))}")
