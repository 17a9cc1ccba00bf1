# SPDX-License-Identifier: EUPL-1.2
"""The copy of PostgreSQL's programs, for an account that cannot reach ours, is the right one and ours."""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from stadtkern.core import binaries

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to run programs as somebody else")


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands for /tmp."""
    folder = tmp_path / "shared"
    folder.mkdir()
    monkeypatch.setattr(binaries.tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Path]:
    """Programs in a folder that nobody else can reach."""
    folder = tmp_path / "hidden" / "pginstall" / "bin"
    folder.mkdir(parents=True)
    (tmp_path / "hidden").chmod(0o700)
    _install(folder, "one")
    yield folder
    shutil.rmtree(tmp_path / "hidden")


def _install(folder: Path, text: str) -> None:
    (folder / "postgres").write_text(f"#!/bin/sh\necho {text} {'x' * len(text)}\n")
    (folder / "postgres").chmod(0o755)


def _reachable(installed: Path) -> str:
    found = binaries.reachable(installed, account=pwd.getpwnam("nobody"))
    return (found / "postgres").read_text().split()[2]


def test_an_upgrade_is_used(installed: Path, shared: Path) -> None:
    """Else a security fix of PostgreSQL would never arrive."""
    assert _reachable(installed) == "one"
    _install(installed, "second")
    assert _reachable(installed) == "second"


def test_a_copy_that_was_partly_cleaned_away_is_made_again(installed: Path, shared: Path) -> None:
    """Temporary files vanish after some days."""
    assert _reachable(installed) == "one"
    next(shared.glob("*/bin/postgres")).unlink()
    assert _reachable(installed) == "one"


@pytest.mark.parametrize("kind", ["link", "folder"])
def test_programs_of_somebody_else_are_not_run(
    installed: Path, shared: Path, tmp_path: Path, kind: str
) -> None:
    """Whoever guesses the name below /tmp must not have the database's account run what they like."""
    assert _reachable(installed) == "one"
    copy = next(shared.iterdir())
    shutil.rmtree(copy)
    (tmp_path / "evil" / "bin").mkdir(parents=True)
    (tmp_path / "evil").chmod(0o777)
    _install(tmp_path / "evil" / "bin", "evil")
    if kind == "link":
        copy.symlink_to(tmp_path / "evil")
    else:
        (tmp_path / "evil").rename(copy)
    assert _reachable(installed) == "one"
