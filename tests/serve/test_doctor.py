# SPDX-License-Identifier: EUPL-1.2
"""The doctor finds what is wrong, names it in plain words, and says how to mend it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import psycopg
import pytest

from stadtkern.core import disk, postgres, times
from stadtkern.core.database import Connection
from stadtkern.core.settings import Settings
from stadtkern.serve import supervisor
from stadtkern.serve.doctor import examine, stored
from stadtkern.serve.doctor.findings import Finding
from stadtkern.things.store import partitions, ranges


@pytest.fixture
def broken(database: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection with which a test breaks something; what it did is undone."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SET client_min_messages = error")
        yield connection
        connection.execute("DELETE FROM core.outbox")
        connection.execute("DELETE FROM core.token")
        connection.execute("DELETE FROM identity.mail")
        connection.execute("DELETE FROM core.migration WHERE number = 9999")
        connection.execute("DROP TABLE IF EXISTS things.observation_2190_01, things.observation_2190_01_old")
        connection.execute("DROP TABLE IF EXISTS things.observation_2191_01")


def letter(settings: Settings) -> dict[str, Finding]:
    """The doctor's findings by name; everything that is not well has a remedy."""
    found = examine.examine(settings)
    assert all(each.remedy for each in found if each.state != "ok")
    said = {each.name: each for each in found}
    both = [each.seen for each in found if each.name == "tokens"]
    return said | {"tokens": msgspec.structs.replace(said["tokens"], seen="; ".join(both))} if both else said


def test_a_sound_installation_is_called_sound(settings: Settings) -> None:
    """As JSON for machines, with exit code 0."""
    settings.data.mkdir(exist_ok=True)
    environment = {**os.environ, "STADTKERN_DATABASE_URL": settings.database_url or "", "STADTKERN_PORT": "0"}
    with socket.create_server(("127.0.0.1", 0)) as held:
        environment["STADTKERN_PORT"] = str(held.getsockname()[1])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "stadtkern", "doctor", "--json", "--data", str(settings.data)],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(done.stdout)
    wrong = [each for each in found if each["state"] == "wrong"]
    assert not wrong
    assert {"python", "folder", "disk", "port", "database", "clock", "migrations", "rollups", "tokens"} <= {
        each["name"] for each in found
    }


def test_mails_that_go_nowhere_are_named(
    settings: Settings, broken: psycopg.Connection[tuple[object, ...]]
) -> None:
    """Those without a server to take them, those due for long, and those that were given up."""
    assert letter(settings)["mail"].seen == "no mail server is set"
    broken.execute(
        "INSERT INTO identity.mail (kind, address, not_before, expires_at)"
        " VALUES ('x/y', 'a@example.org', now() - interval '1 h', now() + interval '1 day')"
    )
    assert "no mail server" in letter(settings)["mail"].seen
    served = msgspec.structs.replace(settings, mail_url="smtps://mail.example.org")
    assert "60 minutes" in letter(served)["mail"].seen
    broken.execute("UPDATE identity.mail SET state = 'dead', error = '550 no such box'")
    assert "taken by no mail server" in letter(served)["mail"].seen


def test_what_waits_in_vain_is_named(
    settings: Settings, broken: psycopg.Connection[tuple[object, ...]]
) -> None:
    """Events nobody takes, tokens that have run out, partitions of dates that nobody can mean."""
    broken.execute(
        "INSERT INTO core.outbox (topic, payload, created_at) VALUES ('x', '{}', now() - interval '1 h')"
    )
    found = letter(settings)
    assert (found["events"].state, "60 minutes" in found["events"].seen) == ("warning", True)
    broken.execute("UPDATE core.outbox SET attempts = 3, last_error = 'the mill is closed'")
    broken.execute("INSERT INTO core.principal (kind, name) VALUES ('token', 'Pegel')")
    broken.execute(
        "INSERT INTO core.token (principal_id, name, secret_hash, expires_at, last_used_on)"
        " SELECT max(id), 'Pegel Nord', 'a'::bytea, now() - interval '2 days', current_date - 2"
        " FROM core.principal"
    )
    broken.execute(
        "INSERT INTO core.token (principal_id, name, secret_hash, expires_at)"
        " SELECT max(id), 'Zähler', 'b'::bytea, now() + interval '2 days' FROM core.principal"
    )
    broken.execute("SELECT things.attach_partition('2190-01-01Z')")
    found = letter(settings)
    assert "the mill is closed" in found["events"].seen
    assert "Zähler" in found["tokens"].seen
    assert "Pegel Nord" in found["tokens"].seen
    assert "observation_2190_01" in found["partitions"].seen
    broken.execute("CREATE TABLE things.observation_2191_01 (LIKE things.observation)")
    assert "not attached: observation_2191_01" in letter(settings)["partitions"].seen


def test_ids_that_are_looked_for_in_vain_are_named(
    settings: Settings, broken: psycopg.Connection[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages that every look-up by id reads, since nobody has summed up what they hold."""
    broken.execute("SELECT things.attach_partition('2190-01-01Z')")
    broken.execute("ALTER TABLE things.observation_2190_01 DISABLE TRIGGER ALL")
    broken.execute(
        "INSERT INTO things.observation_2190_01 (datastream_id, phenomenon_time, slot, id, result)"
        " SELECT 1, '2190-01-01Z'::timestamptz + n * interval '1 second', 0, n, n"
        " FROM generate_series(1, 9000) AS n"
    )
    assert letter(settings)["observation-ids"].state == "ok"
    monkeypatch.setattr(stored, "_IN_VAIN", 32)
    found = letter(settings)["observation-ids"]
    assert found.state == "warning"
    assert "observation_2190_01_id_idx" in found.seen
    assert "REINDEX INDEX CONCURRENTLY things.observation_2190_01_id_idx" in found.remedy


def test_ids_of_others_and_faulty_ones_are_passed_over(
    settings: Settings, broken: psycopg.Connection[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A partition with a name that is not ours is left out, one that cannot be looked at is named."""
    settings.data.mkdir(exist_ok=True)
    broken.execute("SELECT things.attach_partition('2190-01-01Z')")
    broken.execute("ALTER TABLE things.observation_2190_01 RENAME TO observation_2190_01_old")
    assert letter(settings)["observation-ids"].state == "ok"
    broken.execute("ALTER TABLE things.observation_2190_01_old RENAME TO observation_2190_01")
    real = ranges.index_of

    async def dropped(connection: Connection, *, key: int) -> ranges.Index | None:
        if partitions.leaf(key) == "observation_2190_01":
            await connection.execute("SELECT brin_summarize_new_values(1::oid)")
        return await real(connection, key=key)

    monkeypatch.setattr(ranges, "index_of", dropped)
    found = letter(settings)["observation-ids"]
    assert found.state == "warning"
    assert "1 could not be looked at, e.g. observation_2190_01: could not open relation" in found.seen


def test_another_version_s_database_is_recognised(
    settings: Settings, broken: psycopg.Connection[tuple[object, ...]], database: str
) -> None:
    """A migration nobody here knows, one that is missing, and no table at all."""
    broken.execute(
        "INSERT INTO core.migration (package, number, name, digest) VALUES ('core', 9999, 'later', '')"
    )
    assert "core/9999_later" in letter(settings)["migrations"].seen
    broken.execute("DELETE FROM core.migration WHERE number = 9999")
    broken.execute("CREATE TEMPORARY TABLE kept AS SELECT * FROM core.migration WHERE package = 'city'")
    broken.execute("DELETE FROM core.migration WHERE package = 'city'")
    found = letter(settings)["migrations"]
    broken.execute("INSERT INTO core.migration SELECT * FROM kept")
    assert (found.state, "city/0001" in found.seen) == ("warning", True)
    name = database.partition("@/")[2].partition("?")[0]
    empty = msgspec.structs.replace(settings, database_url=database.replace(f"/{name}?", "/postgres?"))
    assert "empty" in letter(empty)["migrations"].seen


def test_a_clock_that_is_wrong_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against the database's, and against what the database remembers."""
    there = times.now()
    monkeypatch.setattr(times, "now", lambda: there + timedelta(minutes=5))
    assert letter(settings)["clock"].state == "wrong"
    monkeypatch.setattr(times, "now", lambda: there - timedelta(days=4000))
    assert "was migrated" in letter(settings)["clock"].seen


def test_the_machine_is_looked_over(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Disk, port, key, and processes that fall."""
    sick = msgspec.structs.replace(settings, data=tmp_path, port=1)
    (tmp_path / "secret-key").write_text("geheim")
    (tmp_path / "secret-key").chmod(0o644)
    monkeypatch.setattr(disk, "free", lambda _: 1_000_000)
    with socket.create_server(("127.0.0.1", 0)) as held:
        found = letter(msgspec.structs.replace(sick, port=held.getsockname()[1]))
    assert [found[name].state for name in ("disk", "port", "secret-key")] == ["wrong"] * 3
    with supervisor.alone(tmp_path, names=("data",)) as lock:
        lock.write(json.dumps({"pid": 1, "processes": {"data": {"pid": 2, "falls": 7}}}))
        lock.flush()
        assert "data fell 7 times" in letter(sick)["processes"].seen


def test_a_server_that_cannot_start_is_explained(settings: Settings, tmp_path: Path) -> None:
    """Files of another version, and what its log complains of."""
    embedded = msgspec.structs.replace(settings, data=tmp_path, database_url=None)
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("12\n")
    found = letter(embedded)
    assert "PostgreSQL 12" in found["database-files"].seen
    assert "restore" in found["database-files"].remedy
    (tmp_path / "postgres" / "PG_VERSION").write_text(postgres.MAJOR)
    (tmp_path / "postgres.log").write_text("PANIC:  could not write: No space left on device\n")
    tmp_path.chmod(0o755)
    found = letter(embedded)
    assert "No space left" in found["database-log"].seen
    assert found["database"].state == "wrong"


def test_a_database_that_does_not_answer_is_named(settings: Settings) -> None:
    """With where to look; the other checks are made all the same."""
    found = letter(msgspec.structs.replace(settings, database_url="postgresql://nobody@127.0.0.1:1/none"))
    assert found["database"].state == "wrong"
    assert "STADTKERN_DATABASE_URL" in found["database"].remedy
    assert found["python"].state == "ok"
