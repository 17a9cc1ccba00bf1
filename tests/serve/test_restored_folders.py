# SPDX-License-Identifier: EUPL-1.2
"""A restoration replaces the folders that backups hold, whatever else a file may bring along."""

from __future__ import annotations

import zipfile
from pathlib import Path

from stadtkern.core import settings as core_settings
from stadtkern.serve.backup import container, restore
from stadtkern.serve.backup.census import Census
from stadtkern.serve.backup.container import Manifest, Member

KEPT = ("key", "postgres/own.conf", "archive/2024/a.parquet")
WELL = {"files/media/a/tree.txt": "media/a/tree.txt"}
FOREIGN = (
    "files/key",
    "files/postgres/own.conf",
    "files/postgres/data/postgresql.auto.conf",
    "files/media/../postgres/own.conf",
    "files/../outside",
    "files/archive",
    "files//outside",
    "postgres/own.conf",
)


def quiet(words: str, done: int, total: int | None) -> None:
    """Tell nobody."""


def test_only_folders_of_a_backup_are_replaced(tmp_path: Path) -> None:
    """Neither the database nor the keys are exchanged, and nothing is put elsewhere."""
    data = tmp_path / "data"
    for name in KEPT:
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_text("ours")
    (data / "media").mkdir()
    (data / "media" / "old.txt").write_text("ours")
    file = tmp_path / "city.backup"
    names = [*WELL, *FOREIGN]
    with zipfile.ZipFile(file, "w") as made:
        for name in names:
            made.writestr(name, "theirs")
    manifest = Manifest(
        format=1,
        made_at="",
        version="",
        postgresql="",
        migrations=[],
        left_out=[],
        census=Census({}, {}),
        members=dict.fromkeys(names, Member(6, "")),
    )
    settings = core_settings.load(environment={}, data=str(data))
    with zipfile.ZipFile(file) as archive:
        restore._files(container.Reader(archive, manifest), settings=settings, tell=quiet)
    found = {
        path.relative_to(tmp_path).as_posix(): path.read_text() for path in data.rglob("*") if path.is_file()
    }
    expected = {f"data/{name}": "ours" for name in KEPT}
    assert found == expected | {f"data/{name}": "theirs" for name in WELL.values()}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["city.backup", "data"]
