# SPDX-License-Identifier: EUPL-1.2
"""Two databases are the same where nobody could tell them apart."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg import conninfo

from stadtkern.core.settings import Settings
from stadtkern.serve.backup import census, make, problems, restore
from tests.servers import Server


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


def test_a_role_that_may_make_no_database_restores_into_an_empty_one(
    settings: Settings, database: str, tmp_path: Path, server: Server
) -> None:
    """In one transaction; where something is already, it says what is needed instead."""
    file = tmp_path / "b"
    make.backup(settings=settings, url=database, file=file, tell=lambda *_: None)
    with psycopg.connect(server.url_of("postgres"), autocommit=True) as admin:
        admin.execute("CREATE ROLE limited")
        admin.execute("CREATE DATABASE limited_empty OWNER limited")
        try:
            url = conninfo.make_conninfo(server.url_of("limited_empty"), options="-c role=limited")
            given = msgspec.structs.replace(settings, data=tmp_path / "given", database_url=url)
            words: dict[str, Any] = {"file": file, "end_tokens": False, "tell": lambda *_: None}
            restore.restore(settings=given, replace=False, **words)
            with psycopg.connect(url) as connection:
                owner = "SELECT tableowner FROM pg_tables WHERE schemaname = 'core' AND tablename = 'city'"
                assert connection.execute(owner).fetchone() == ("limited",)
            with pytest.raises(problems.NeedsEmptyDatabase):
                restore.restore(settings=given, replace=True, **words)
        finally:
            admin.execute("DROP DATABASE limited_empty WITH (FORCE)")
            admin.execute("DROP ROLE limited")
