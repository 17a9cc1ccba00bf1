# SPDX-License-Identifier: EUPL-1.2
"""SQL migrations of a package are numbered without gap or double, so that all databases run the same ones."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.checks.tree import Finding, Tree

_NAME = re.compile(r"(?P<number>\d{4})_[a-z0-9_]+\.sql")


def check(tree: Tree) -> Iterator[Finding]:
    """Misnamed files, doubled and missing numbers."""
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
        if found != list(range(1, len(found) + 1)):
            yield Finding(folder, 1, f"migrations must count 1, 2, 3 …, not {', '.join(map(str, found))}")
