# SPDX-License-Identifier: EUPL-1.2
"""Two databases are the same where nobody could tell them apart."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path
from typing import Any

import psycopg
import pytest

from stadtkern.core.settings import Settings
from stadtkern.serve.backup import census, make


def test_differences_are_named() -> None:
    """Missing tables, missing rows, other rows, numbers that would be given again."""
    was = census.Census({"a": census.Table(1, "5"), "b": census.Table(2, "6")}, {"s": 7})
    now = census.Census({"b": census.Table(2, "7"), "c": census.Table(0, "0")}, {"s": 6})
    assert census.differences(expected=was, found=now) == [
        "a is missing", "b has other content", "c is too much", "s counts from 6 instead of 7",
    ]  # fmt: skip
    assert census.differences(expected=was, found=was) == []


def test_numbers_that_are_given_meanwhile_are_no_difference(
    settings: Settings, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sequences belong to no snapshot: they count on while the rows are counted."""
    rows = census.tables

    def count(connection: psycopg.Connection[Any]) -> dict[str, census.Table]:
        with psycopg.connect(database, autocommit=True) as other:
            other.execute("SELECT nextval('core.outbox_id_seq') FROM generate_series(1, 500)")
        return rows(connection)

    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SELECT nextval('core.outbox_id_seq')")
        monkeypatch.setattr(census, "tables", count)
        made = make.backup(settings=settings, url=database, file=tmp_path / "b", tell=lambda *_: None)
        assert made.census.sequences["core.outbox_id_seq"] == 1
        assert census.sequences(connection)["core.outbox_id_seq"] == 501


def test_files_of_the_archive_are_taken_as_the_database_knows_them(
    settings: Settings, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the archive replaces one during the dump; one that is missing is named."""
    folder = settings.data / "archive" / "trees" / "2024-01"
    folder.mkdir(parents=True)
    (folder / "observations-0001.parquet").write_text("January")
    rows = census.tables

    def replace(connection: psycopg.Connection[Any]) -> dict[str, census.Table]:
        (folder / "observations-0001.parquet").unlink()
        (folder / "observations-0002.parquet").write_text("another January")
        return rows(connection)

    with psycopg.connect(database, autocommit=True) as connection:
        for number, content in ((1, b"January"), (2, b"lost")):
            connection.execute(
                "INSERT INTO things.archive_file (dataset_id, month, generation, path, rows, bytes, sha256)"
                " VALUES (%s, '2024-01-01', 1, %s, 1, 1, %s)",
                [
                    number,
                    f"trees/2024-0{number}/observations-0001.parquet",
                    hashlib.sha256(content).hexdigest(),
                ],
            )
    with monkeypatch.context() as patch:
        patch.setattr(census, "tables", replace)
        made = make.backup(settings=settings, url=database, file=tmp_path / "b", tell=lambda *_: None)
    assert made.missing == ["trees/2024-02/observations-0001.parquet"]
    with zipfile.ZipFile(tmp_path / "b") as archive:
        assert archive.read("files/archive/trees/2024-01/observations-0001.parquet") == b"January"
    assert not list(settings.data.glob(".backup-*"))
