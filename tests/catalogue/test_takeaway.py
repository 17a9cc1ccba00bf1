# SPDX-License-Identifier: EUPL-1.2
"""All readings of a dataset as CSV, Excel and Parquet: complete, in part, for those who may see them."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl
import pyarrow.parquet as parquet
import pytest
from django.test import AsyncClient

from stadtkern.catalogue import queries, upkeep
from stadtkern.catalogue.takeaway import forms, views, walk
from stadtkern.core import access, datasets
from stadtkern.core import database as core_database
from stadtkern.core.database import Connection
from stadtkern.features.api import files
from tests.catalogue.uploads import got, same_folder
from tests.insights import factories

pytestmark = pytest.mark.anyio
__all__ = ["same_folder"]
WERTE = "/daten/kleine-stadt/werte"


@pytest.fixture(scope="module", autouse=True)
async def town(database: str) -> AsyncIterator[None]:
    """The small town."""
    async with await core_database.connect(url=database, autocommit=True) as connection:
        await factories.small_town(connection)
        await upkeep.once(url=database)
        yield


async def _all(connection: Connection) -> tuple[int, float]:
    """How many readings there are, and their sum."""
    row = await (
        await connection.execute(
            "SELECT count(*), sum(o.result) FILTER (WHERE o.result_json IS NULL) FROM things.observation AS o"
        )
    ).fetchone()
    assert row is not None
    return row[0], row[1]


async def test_every_form_holds_every_reading(visitor: AsyncClient, connection: Connection) -> None:
    """The CSV keeps its columns; Excel and Parquet have numbers, times and units of their own."""
    n, total = await _all(connection)
    answer, content = await got(visitor, f"{WERTE}.csv")
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    assert answer["Content-Type"].startswith("text/csv")
    assert list(rows[0]) == [
        "phenomenonTime", "result", "resultQuality", "Datastream/id", "Datastream/name"
    ]  # fmt: skip
    assert len(rows) == n > walk.STEP
    numbers = [float(row["result"]) for row in rows if row["result"] not in ("true", "false", "")]
    assert sum(numbers) == pytest.approx(total)
    _, content = await got(visitor, f"{WERTE}.parquet")
    table = parquet.read_table(io.BytesIO(content))
    assert table.num_rows == n
    assert sum(v for v in table["result"].to_pylist() if v is not None) == pytest.approx(total)
    first = table.slice(0, 1).to_pylist()[0]
    assert first["unit"] == "Räder/h"
    assert first["phenomenonTime"].tzinfo is not None
    _, content = await got(visitor, f"{WERTE}.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(content), read_only=True).worksheets[0]
    lines = list(sheet.iter_rows(values_only=True))
    assert len(lines) == n + 1
    assert lines[0][:3] == ("phenomenonTime", "phenomenonTimeEnd", "result")


async def test_excel_brings_the_newest_where_there_are_too_many(
    visitor: AsyncClient, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small series whole, of large ones the newest readings, together no more than the limit."""
    monkeypatch.setitem(forms.FORMS, "xlsx", forms.FORMS["xlsx"]._replace(most=500))
    monkeypatch.setattr(forms, "EDITION", "short")
    _, content = await got(visitor, f"{WERTE}.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(content), read_only=True).worksheets[0]
    lines = list(sheet.iter_rows(min_row=2, values_only=True))
    assert 400 < len(lines) <= 500
    newest = await (
        await connection.execute("SELECT max(phenomenon_time) FROM things.observation")
    ).fetchone()
    assert newest is not None
    assert max(line[0] for line in lines) == newest[0].astimezone(UTC).replace(tzinfo=None)
    assert walk.share([1, 2, 3], most=10) == 3
    assert walk.share([1, 100, 100], most=21) == 10
    assert walk.share([], most=10) == 0


async def test_what_one_has_is_not_sent_again_and_parts_can_be_asked(
    visitor: AsyncClient, connection: Connection
) -> None:
    """ETag, Last-Modified and Range as in the files of tables; a correction makes another file."""
    whole, content = await got(visitor, f"{WERTE}.csv")
    tag = whole["ETag"]
    assert whole["Last-Modified"]
    assert whole["Accept-Ranges"] == "bytes"
    assert (await got(visitor, f"{WERTE}.csv", **{"If-None-Match": tag}))[0].status_code == 304
    since = {"If-Modified-Since": whole["Last-Modified"]}
    assert (await got(visitor, f"{WERTE}.csv", **since))[0].status_code == 304
    part, piece = await got(visitor, f"{WERTE}.csv", Range="bytes=100-299", **{"If-Range": tag})
    assert part.status_code == 206
    assert piece == content[100:300]
    assert part["Content-Range"] == f"bytes 100-299/{len(content)}"
    head = await visitor.head(f"{WERTE}.parquet")
    assert head.status_code == 200
    assert head["ETag"] != tag
    async with connection.transaction():  # as whoever corrects a reading does: the state first
        await connection.execute(
            "SELECT FROM things.datastream_state ORDER BY datastream_id LIMIT 1 FOR UPDATE"
        )
        await connection.execute(
            "UPDATE things.observation SET result = 4711 WHERE (datastream_id, phenomenon_time) ="
            " (SELECT datastream_id, first_time FROM things.datastream_state ORDER BY datastream_id LIMIT 1)"
        )
    again, content = await got(visitor, f"{WERTE}.csv", **{"If-None-Match": tag})
    assert again.status_code == 200
    assert again["ETag"] != tag
    assert b",4711," in content


def test_each_asker_keeps_the_date_of_what_they_see(tmp_path: Path) -> None:
    """People who see different series ask in turn; old marks go when something new is asked for."""
    first = views._since(tmp_path, "7-csv", "a")
    mark = next(tmp_path.iterdir())
    earlier = (first - timedelta(hours=1)).timestamp()
    os.utime(mark, (earlier, earlier))
    other = views._since(tmp_path, "7-csv", "b")
    assert other >= first
    assert views._since(tmp_path, "7-csv", "a").timestamp() == earlier
    files.tidy(tmp_path, tmp_path / "new", most=-1)
    assert views._since(tmp_path, "7-csv", "a").timestamp() == earlier
    long_ago = (first - timedelta(days=31)).timestamp()
    os.utime(mark, (long_ago, long_ago))
    views._since(tmp_path, "7-csv", "c")
    assert not mark.exists()


async def test_closed_rooms_have_no_files(visitor: AsyncClient, connection: Connection) -> None:
    """No form is there for those who may not see the dataset, nor another form for anybody."""
    assert (await visitor.get(f"{WERTE}.ods")).status_code == 404
    await datasets.save_room(connection, key="zu", kind="restricted", title={"de": "Zu"})
    await connection.execute(
        "UPDATE core.dataset SET room_id = (SELECT id FROM core.room WHERE key = 'zu')"
        " WHERE key = 'kleine-stadt'"
    )
    try:
        for form in forms.FORMS:
            assert (await visitor.get(f"{WERTE}.{form}")).status_code == 404
    finally:
        await connection.execute(
            "UPDATE core.dataset SET room_id = (SELECT id FROM core.room WHERE key = 'public')"
            " WHERE key = 'kleine-stadt'"
        )


async def test_archived_readings_are_not_left_out_silently(
    visitor: AsyncClient, connection: Connection
) -> None:
    """What lies in the archive only is fetched by the interface, or the file is refused."""
    await connection.execute(
        "INSERT INTO things.archived (datastream_id, month, state, rows, first_time, last_time)"
        " SELECT datastream_id, '2025-01-01', 'away', 1, '2025-01-01', '2025-01-02'"
        " FROM things.datastream_state ORDER BY datastream_id LIMIT 1"
    )
    try:
        answer = await visitor.get(f"{WERTE}.csv")
        assert answer.status_code == 302
        assert answer["Location"].startswith("/sta/v1.1/Observations")
        assert (await visitor.get(f"{WERTE}.parquet")).status_code == 409
    finally:
        await connection.execute("DELETE FROM things.archived")


async def test_the_forms_are_offered_once_and_under_the_same_terms(
    connection: Connection, database: str
) -> None:
    """Beside the CSV, with its licence; older catalogues get them too, nobody gets them twice."""
    await connection.execute("DELETE FROM catalogue.distribution WHERE format IN ('XLSX', 'PARQUET')")
    await upkeep.once(url=database)
    await upkeep.once(url=database)
    found = await queries.one(connection, access.Scope((), True), key="kleine-stadt")
    assert found is not None
    by = {form.format: form for form in found.distributions}
    assert [form.format for form in found.distributions] == ["JSON", "CSV", "XLSX", "PARQUET"]
    for name in ("XLSX", "PARQUET"):
        assert by[name].licence == by["CSV"].licence != ""
        assert by[name].download_url.endswith(f"{WERTE}.{name.lower()}")
    assert "100.000" in by["XLSX"].description["de"]


async def test_series_are_never_older_than_their_publication(connection: Connection, database: str) -> None:
    """Readings from before the publication leave the day of the publication as the last change."""
    await connection.execute("UPDATE catalogue.dataset SET modified = '2020-01-01+00', issued = %s",
                             (datetime.now(UTC) - timedelta(minutes=1),))  # fmt: skip
    await upkeep.once(url=database)
    found = await queries.one(connection, access.Scope((), True), key="kleine-stadt")
    assert found is not None
    assert found.modified == found.issued
