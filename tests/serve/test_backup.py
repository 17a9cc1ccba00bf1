# SPDX-License-Identifier: EUPL-1.2
"""What is backed up can be restored, whole or not at all, and holds no secret."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
import uuid
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psycopg
import pytest
from psycopg import sql

from stadtkern.core import migrations
from stadtkern.core import settings as core_settings
from stadtkern.serve import supervisor
from stadtkern.serve.backup import container, make, problems, restore
from tests.servers import Server
from tests.things import factories

pytestmark = pytest.mark.anyio

_START = datetime(2026, 3, 30, tzinfo=UTC)


def quiet(what: str, done: int, total: int | None) -> None:
    """Nobody looks at the progress."""


class City:
    """A data plane with one datastream, and the file it was saved to."""

    def __init__(self, *, client: httpx.AsyncClient, token: str, settings: core_settings.Settings, url: str):
        self.client, self.settings, self.url = client, settings, url
        self._headers = {"Authorization": f"Bearer {token}"}
        self._numbers = itertools.count()
        self.stream = 0
        self.stored: list[int] = []

    async def make(self) -> None:
        """A thing with a datastream."""
        thing = factories.thing(Locations=[factories.location()], Datastreams=[factories.datastream()])
        made = await self.client.post("/sta/v1.1/Things", json=thing, headers=self._headers)
        found = await self.client.get(f"/sta/v1.1/Things({made.json()['@iot.id']})/Datastreams")
        self.stream = found.json()["value"][0]["@iot.id"]

    async def post(self) -> None:
        """One reading, a day behind the last one, acknowledged."""
        number = next(self._numbers)
        reading = {
            "phenomenonTime": (_START + timedelta(days=number)).isoformat(),
            "result": number,
            "Datastream": {"@iot.id": self.stream},
        }
        answer = await self.client.post("/sta/v1.1/Observations", json=reading, headers=self._headers)
        assert answer.status_code == 201
        self.stored.append(number)

    def save(self, file: Path) -> container.Manifest:
        """Make a backup."""
        return make.backup(settings=self.settings, url=self.url, file=file, tell=quiet)


@pytest.fixture(scope="module")
async def city(
    client: httpx.AsyncClient, token: str, settings: core_settings.Settings, database: str
) -> City:
    """A city in which somebody is signed in, with a file that somebody has put there."""
    made = City(client=client, token=token, settings=settings, url=database)
    await made.make()
    for _ in range(3):
        await made.post()
    (settings.data / "media" / "a").mkdir(parents=True)
    (settings.data / "media" / "a" / "tree.txt").write_text("Linde")
    settings.signing_key()
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("INSERT INTO core.principal (kind, name) VALUES ('person', 'Ada')")
        connection.execute(
            "INSERT INTO core.session (secret_hash, principal_id, expires_at)"
            " SELECT 'sitzung'::bytea, max(id), 'infinity' FROM core.principal"
        )
    return made


@pytest.fixture(scope="module")
async def saved(city: City, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup that was made while readings came in."""
    file = tmp_path_factory.mktemp("backup") / "city.backup"
    before = len(city.stored)
    saving = asyncio.create_task(asyncio.to_thread(city.save, file))
    while not saving.done():
        await city.post()
    manifest = await saving
    assert len(city.stored) > before
    assert manifest.census.tables["core.city"].rows == 1
    return file


@pytest.fixture
def elsewhere(server: Server, tmp_path: Path) -> Iterator[core_settings.Settings]:
    """Another installation: an empty data folder and an empty database."""
    name = f"restore_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server.url_of("postgres"), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield core_settings.load(
            environment={}, data=str(tmp_path / "other"), database_url=server.url_of(name)
        )
        for left in (name, f"{name}_restored", f"{name}_replaced"):
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(left)))


async def put_back(settings: core_settings.Settings, file: Path, **more: Any) -> restore.Outcome:
    """Restore a file."""
    words = {"replace": False, "end_tokens": False} | more
    return await asyncio.to_thread(restore.restore, settings=settings, file=file, tell=quiet, **words)


def changed(file: Path, target: Path, change: Callable[[str, bytes], bytes]) -> Path:
    """A copy of a backup whose members were changed, with sums that are right again."""
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(target, "w") as copy:
        manifest = json.loads(source.read(container.MANIFEST))
        for name in manifest["members"]:
            content = change(name, source.read(name))
            copy.writestr(name, content)
            manifest["members"][name] = {"size": len(content), "sha256": _sum(content)}
        copy.writestr(container.MANIFEST, change(container.MANIFEST, json.dumps(manifest).encode()))
    return target


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def ask(settings: core_settings.Settings, statement: str) -> list[Any]:
    """Ask the database of an installation."""
    with psycopg.connect(settings.database_url or "") as connection:
        return connection.execute(statement.encode()).fetchall()


async def test_what_was_saved_under_load_is_one_state(
    city: City, saved: Path, elsewhere: core_settings.Settings
) -> None:
    """Rows, states, files and rights are back; no sign-in; and the restored city goes on from there."""
    outcome = await put_back(elsewhere, saved)
    rows = ask(elsewhere, "SELECT count(*), max(result)::int FROM things.observation")[0]
    assert rows[0] >= 3
    assert rows[0] == rows[1] + 1  # without a gap: each was acknowledged before the next was sent
    state = ask(elsewhere, f"SELECT n FROM things.datastream_state WHERE datastream_id = {city.stream}")
    assert state == [(rows[0],)]
    assert ask(elsewhere, "SELECT count(*) FROM core.session") == [(0,)]
    assert outcome.tokens == 1
    assert (elsewhere.data / "media" / "a" / "tree.txt").read_text() == "Linde"
    given = "SELECT max(id & ((1::bigint << 40) - 1)) FROM things.observation"
    assert ask(elsewhere, f"SELECT nextval('things.observation_numbers') > ({given})") == [(True,)]
    with pytest.raises(problems.NotEmpty):
        await put_back(elsewhere, saved)


async def test_secrets_are_not_in_the_file(city: City, saved: Path) -> None:
    """Neither the key that signs cookies, nor the database's address, nor sessions."""
    spoken = make.spoken(msgspec.structs.replace(city.settings, metrics_token="geheim", secret_key="geheim"))
    assert "geheim" not in json.dumps(spoken)
    assert {"port", "accepted_from"} <= spoken.keys()
    assert not {"database_url", "secret_key", "metrics_token"} & spoken.keys()
    with zipfile.ZipFile(saved) as archive:
        content = b"".join(archive.read(name) for name in archive.namelist())
    assert city.settings.signing_key().encode() not in content
    assert saved.stat().st_mode & 0o077 == 0


async def test_a_backup_is_tried_out(saved: Path, settings: core_settings.Settings) -> None:
    """In a PostgreSQL of its own that is gone afterwards."""
    before = set(Path("/tmp").glob("stadtkern-verify-*"))
    manifest = await asyncio.to_thread(
        restore.verify, settings=settings, file=saved, scratch=None, tell=quiet
    )
    assert manifest.census.tables["things.thing"].rows == 1
    assert set(Path("/tmp").glob("stadtkern-verify-*")) <= before


async def test_a_damaged_file_is_found_out(
    saved: Path, tmp_path: Path, elsewhere: core_settings.Settings
) -> None:
    """A changed byte, a file that was cut, and one that is something else."""
    content = bytearray(saved.read_bytes())
    content[2000] ^= 1
    broken = tmp_path / "broken"
    broken.write_bytes(content)
    with pytest.raises(problems.BackupDamaged):
        await put_back(elsewhere, broken)
    broken.write_bytes(content[:-3000])
    with pytest.raises(problems.NotABackup):
        await put_back(elsewhere, broken)
    broken.write_text("Linde")
    with pytest.raises(problems.NotABackup):
        await put_back(elsewhere, broken)


async def test_a_restoration_that_fails_changes_nothing(
    saved: Path, tmp_path: Path, elsewhere: core_settings.Settings
) -> None:
    """A dump that ends too early, and rows that are others than were counted; the present data stay."""
    await migrations.migrate(url=elsewhere.database_url or "")
    with psycopg.connect(elsewhere.database_url or "", autocommit=True) as connection:
        connection.execute("UPDATE core.city SET name = 'Altstadt'")
    cut = changed(saved, tmp_path / "cut", lambda n, c: c[:-2000] if n == container.DUMP else c)
    with pytest.raises(problems.RestoreFailed):
        await put_back(elsewhere, cut, replace=True)

    def another(name: str, content: bytes) -> bytes:
        if name != container.MANIFEST:
            return content
        manifest = json.loads(content)
        manifest["census"]["tables"]["core.city"]["digest"] = "1"
        return json.dumps(manifest).encode()

    with pytest.raises(problems.RestoredDiffers, match=r"core\.city has other content"):
        await put_back(elsewhere, changed(saved, tmp_path / "other-rows", another), replace=True)
    assert ask(elsewhere, "SELECT name FROM core.city") == [("Altstadt",)]
    assert ask(
        elsewhere, "SELECT count(*) FROM pg_database WHERE datname LIKE current_database() || '_%'"
    ) == [(0,)]


async def test_an_older_backup_is_migrated_and_replaces_what_is_there(
    city: City, tmp_path: Path, elsewhere: core_settings.Settings
) -> None:
    """Only when told so; on request no token of the backup is valid."""
    with psycopg.connect(city.url, autocommit=True) as connection:
        connection.execute("ALTER SCHEMA city RENAME TO city_later")
        connection.execute(
            "CREATE TEMPORARY TABLE kept AS SELECT * FROM core.migration WHERE package = 'city'"
        )
        connection.execute("DELETE FROM core.migration WHERE package = 'city'")
        try:
            city.save(tmp_path / "older")
        finally:
            connection.execute("ALTER SCHEMA city_later RENAME TO city")
            connection.execute("INSERT INTO core.migration SELECT * FROM kept")
    await migrations.migrate(url=elsewhere.database_url or "")
    with psycopg.connect(elsewhere.database_url or "", autocommit=True) as connection:
        connection.execute("INSERT INTO core.dataset (key, room_id) SELECT 'x', min(id) FROM core.room")
    with pytest.raises(problems.NotEmpty):
        await put_back(elsewhere, tmp_path / "older")
    outcome = await put_back(elsewhere, tmp_path / "older", replace=True, end_tokens=True)
    assert any(name.startswith("city/0001") for name in outcome.migrated)
    assert (outcome.tokens, outcome.ended) == (0, 1)
    assert ask(elsewhere, "SELECT key FROM core.dataset") == [("test",)]


async def test_a_backup_of_a_newer_version_is_refused(
    saved: Path, tmp_path: Path, elsewhere: core_settings.Settings
) -> None:
    """Its tables mean something that this version does not know."""

    def newer(name: str, content: bytes) -> bytes:
        if name != container.MANIFEST:
            return content
        manifest = json.loads(content)
        manifest["migrations"].append(["core", 9999, "telepathy", "0"])
        return json.dumps(manifest).encode()

    with pytest.raises(problems.MadeByNewerVersion, match="telepathy"):
        await put_back(elsewhere, changed(saved, tmp_path / "newer", newer))


async def test_nothing_is_restored_under_a_running_service(
    saved: Path, elsewhere: core_settings.Settings
) -> None:
    """Its processes would go on with what they remember."""
    with (
        supervisor.alone(elsewhere.data, names=supervisor.CHILDREN),
        pytest.raises(supervisor.AlreadyRunning),
    ):
        await put_back(elsewhere, saved)


async def test_a_backup_that_fails_leaves_the_last_one(city: City, tmp_path: Path) -> None:
    """It takes its name when it is whole."""
    file = tmp_path / "city.backup"
    file.write_text("the last one")
    gone = msgspec.structs.replace(city.settings)
    with pytest.raises(problems.BackupFailed):
        make.backup(settings=gone, url=city.url.replace("/test_", "/gone_"), file=file, tell=quiet)
    assert file.read_text() == "the last one"
    assert [path.name for path in tmp_path.iterdir()] == ["city.backup"]
