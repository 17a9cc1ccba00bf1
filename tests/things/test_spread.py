# SPDX-License-Identifier: EUPL-1.2
"""What must hold so that observations can be spread over a Citus cluster by datastream."""

from __future__ import annotations

import re
from typing import Any

import pytest

from stadtkern.core import statements
from stadtkern.core.database import Connection
from stadtkern.things.entities import Relation
from stadtkern.things.queries import apart
from stadtkern.things.queries.level import Level
from stadtkern.things.store import distribution
from tests.things.factories import City, datastream, hourly, location, thing

pytestmark = pytest.mark.anyio

_FAMILY = "|".join(name.partition(".")[2] for name in distribution.SPREAD)
_TOUCHES = re.compile(rf"things\.({_FAMILY})\b|\{{leaf\}}")
_COUNTING = {
    # They look at all datastreams at once, by intent: queues, totals and what the operator asks.
    "work_waiting", "gather_marks", "take_marks", "clear_days", "hour_spans_of_all", "cached_rows",
    "evictable", "find_in_partition", "find_anywhere", "counts_within", "empty_partition",
    "hold_partition", "month_contents",
    "analyse_partition", "look_at_ranges", "partitions_to_tend",
    "health_backlog", "health_partitions", "large_partitions",
    "copy_rows",  # its columns are put in
}  # fmt: skip
# What Citus refuses of a statement over several datastreams. These are written for one server; on Citus the
# fold and the merge of late rows would have to go datastream by datastream. The list only gets shorter.
_ONE_SERVER = re.compile(r"\bLATERAL\b|\bctid\b|WITH RECURSIVE", re.IGNORECASE)
_KNOWN = {
    "count_features", "datastream_facts", "drop_empty_hours", "drop_hours", "datasets_within", "extend_hours",
    "fold_days",
    "held_hours", "mark_states_dirty", "measured_hours", "merge_append", "merge_ignore", "merge_replace",
    "streams", "take_marks",
}  # fmt: skip


def _statements() -> dict[str, str]:
    found: dict[str, str] = {}
    for package in ("things", "ingest", "insights"):
        found |= {name: text for name, text in statements.load(package).items() if _TOUCHES.search(text)}
    return found


def test_every_statement_names_the_datastream() -> None:
    """Otherwise each of them would ask every worker for everything."""
    silent = {name for name, text in _statements().items() if "datastream_id" not in text}
    assert silent <= _COUNTING


def test_what_only_one_server_can_do_is_known_and_gets_less() -> None:
    """A new LATERAL or ctid on observations is noticed here, before somebody notices it on a cluster."""
    found = {name for name, text in _statements().items() if _ONE_SERVER.search(text)}
    assert found <= _KNOWN, found - _KNOWN


async def test_spread_tables_have_the_datastream_in_every_key(connection: Connection) -> None:
    """Citus takes no other primary keys and unique indexes, and no foreign keys that leave the family."""
    for name in distribution.SPREAD:
        keys = await connection.execute(
            "SELECT i.indexrelid::regclass::text, array_agg(a.attname::text) FROM pg_index AS i"
            " JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)"
            " WHERE i.indrelid = %s::text::regclass AND i.indisunique GROUP BY 1",
            [name],
        )
        for index, columns in await keys.fetchall():
            assert "datastream_id" in columns, index
        links = await connection.execute(
            "SELECT conname FROM pg_constraint"
            " WHERE contype = 'f' AND %s::text::regclass IN (conrelid, confrelid)",
            [name],
        )
        assert await links.fetchall() == []


async def test_copied_tables_come_after_those_they_refer_to(connection: Connection) -> None:
    """The order in which tables are copied everywhere respects their foreign keys."""
    rows = await connection.execute(
        "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f'"
    )
    place = {name: number for number, name in enumerate(distribution.EVERYWHERE)}
    for name, referred in await rows.fetchall():
        if name in place:
            assert place[referred] < place[name], (name, referred)


async def test_without_citus_nothing_is_spread(database: str) -> None:
    """The command says what is missing and changes nothing."""
    with pytest.raises(distribution.NoCitus):
        await distribution.distribute(url=database)


_EXPANDS = (
    "Observations($top=2)",
    "Observations($top=1;$orderby=phenomenonTime desc)",
    "Observations($top=2;$skip=1;$orderby=result desc,id;$count=true)",
    "Observations($filter=result gt 2;$select=result)",
    "Observations($top=3;$expand=FeatureOfInterest)",
    "Thing,Observations($top=0)",
)


async def test_one_statement_for_each_datastream_says_the_same(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The switch for Citus, forced on this server: the same documents as from one statement for all."""
    for number in range(4):
        made = datastream(name=f"s{number}", observations=hourly(*range(number * 2)))
        await city.create("Things", thing(Locations=[location()], Datastreams=[made]))
    expected = [await city.get(f"Datastreams?$expand={each}&$orderby=id") for each in _EXPANDS]
    used: list[str] = []

    async def always(connection: Connection, *, prepared: Level, relation: Relation) -> bool:
        used.append(relation.name)
        return relation.remote == "datastream_id"

    monkeypatch.setattr(apart, "needed", always)
    for each, document in zip(_EXPANDS, expected, strict=True):
        found: Any = await city.get(f"Datastreams?$expand={each}&$orderby=id")
        assert found == document, each
    assert "Observations" in used
