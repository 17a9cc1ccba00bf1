# SPDX-License-Identifier: EUPL-1.2
"""The files of the checkout as the checks see them, and what a check finds in them."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Self


class Finding(NamedTuple):
    """One place that breaks a rule, with what to do about it."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


class Tree:
    """Paths relative to the root, with `/` as separator, in order; texts and syntax trees on demand."""

    def __init__(self, *, root: Path, paths: Sequence[str]):
        self.root = root
        self.paths = tuple(sorted(paths))
        self._texts: dict[str, str] = {}
        self._parsed: dict[str, ast.Module] = {}

    @classmethod
    def of(cls, root: Path) -> Self:
        """All files git knows or would take: what is ignored is nobody's business."""
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split("\0")
        return cls(root=root, paths=[path for path in listed if path and (root / path).is_file()])

    @classmethod
    def everything_in(cls, root: Path) -> Self:
        """All files of a folder, whether git knows them or not."""
        return cls(
            root=root, paths=[file.relative_to(root).as_posix() for file in root.rglob("*") if file.is_file()]
        )

    def files(self, *suffixes: str, under: str = "") -> Iterator[str]:
        """Paths with one of the suffixes (none: any) inside a folder such as `src/`."""
        ends = suffixes or ("",)
        return (path for path in self.paths if path.startswith(under) and path.endswith(ends))

    def has(self, path: str) -> bool:
        """Whether this path is a file, or a folder with one in it."""
        return path in self.paths or any(known.startswith(path.rstrip("/") + "/") for known in self.paths)

    def text(self, path: str) -> str:
        """What stands in a file."""
        if path not in self._texts:
            self._texts[path] = (self.root / path).read_text(encoding="utf-8")
        return self._texts[path]

    def lines(self, path: str) -> list[str]:
        """A file line by line."""
        return self.text(path).splitlines()

    def parsed(self, path: str) -> ast.Module:
        """The syntax tree of a Python file."""
        if path not in self._parsed:
            self._parsed[path] = ast.parse(self.text(path), filename=path)
        return self._parsed[path]


def package_of(path: str) -> str:
    """`things` for `src/stadtkern/things/queries.py` and, for a single module, its own name; else nothing."""
    parts = PurePosixPath(path).parts
    return PurePosixPath(parts[2]).stem if parts[:2] == ("src", "stadtkern") and len(parts) > 2 else ""
