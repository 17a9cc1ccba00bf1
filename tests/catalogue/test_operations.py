# SPDX-License-Identifier: EUPL-1.2
"""What is written into the catalogue: whole, checked, and in the index of the search at once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from stadtkern.catalogue import automatic, operations, queries
from stadtkern.core import access, datasets
from stadtkern.core.database import Connection
from tests.features import factories

pytestmark = pytest.mark.anyio
ALL = access.Scope((), True)
BY = "http://dcat-ap.de/def/licenses/dl-by-de/2.0"


async def test_a_dataset_keeps_everything_that_was_said(connection: Connection) -> None:
    """What `create` was told comes back from `queries.one`, with a key made from the title."""
    made = await operations.create(
        connection, by=None, kind="table", title={"de": "Bäume in Straßen"},
        description={"de": "Alle Bäume."},
        keywords={"de": ("Baum", "Grün")}, themes=("ENVI",), issued=datetime(2026, 1, 2, tzinfo=UTC),
        spatial={"type": "Point", "coordinates": [7.6, 51.9]}, contact={"email": "amt@stadt.example"},
    )  # fmt: skip
    found = await queries.one(connection, ALL, key="baeume-in-strassen")
    assert found == made
    assert found.keywords == {"de": ("Baum", "Grün")}
    assert (found.state, found.room.key, found.organisation.kind) == ("draft", "public", "city")
    assert found.contact.email == "amt@stadt.example"
    assert found.issued == datetime(2026, 1, 2, tzinfo=UTC)


async def test_a_taken_key_gets_a_number(connection: Connection) -> None:
    """Two datasets of one name do not get into each other's way."""
    keys = [
        (await operations.create(connection, by=None, kind="files", title={"de": "Haushalt"})).key
        for _ in range(3)
    ]
    assert keys == ["haushalt", "haushalt-2", "haushalt-3"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("keywords", {"de": "Baum"}),
        ("issued", "01.02.2024"),
        ("spatial", {"type": "Point", "coordinates": [3_500_000, 5_700_000]}),
        ("nonsense", "x"),
        ("title", {"de": "a\0b"}),
    ],
)
async def test_what_cannot_be_stored_is_named(connection: Connection, field: str, value: object) -> None:
    """A wrong field is refused with its name, and nothing of the change is kept."""
    made = await operations.create(connection, by=None, kind="table", title={"de": "Vorher"})
    with pytest.raises(operations.InvalidMetadata) as refused:
        await operations.change(
            connection, by=None, dataset_id=made.id, **{"description": {"de": "neu"}, field: value}
        )
    assert refused.value.where == field
    assert await queries.one(connection, ALL, dataset_id=made.id) == made


async def test_publishing_needs_title_description_form_and_licence(connection: Connection) -> None:
    """What is missing is said by name; a licence that demands a source needs it; then it is published."""
    made = await operations.create(connection, by=None, kind="files", title={"de": "Satzungen"})
    with pytest.raises(operations.DatasetNotReady, match="description, distributions"):
        await operations.publish(connection, by=None, dataset_id=made.id)
    await operations.change(connection, by=None, dataset_id=made.id, description={"de": "Alle Satzungen."})
    form = await operations.add_distribution(
        connection,
        by=None,
        dataset_id=made.id,
        access_url="https://stadt.example/s.pdf",
        licence=BY,
        format="PDF",
    )
    with pytest.raises(operations.DatasetNotReady, match="attribution"):
        await operations.publish(connection, by=None, dataset_id=made.id)
    await operations.change_distribution(
        connection, by=None, dataset_id=made.id, id=form.id, attribution="Stadt Beispiel"
    )
    done = await operations.publish(connection, by=None, dataset_id=made.id)
    assert done.state == "published"
    assert done.issued is not None
    taken = await operations.withdraw(connection, by=None, dataset_id=made.id)
    assert (taken.state, taken.issued) == ("withdrawn", done.issued)


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "https://a b", ""])
async def test_only_addresses_that_may_be_linked_are_kept(connection: Connection, address: str) -> None:
    """No form leads to a script."""
    made = await operations.create(connection, by=None, kind="link", title={"de": "Verweis"})
    with pytest.raises(operations.InvalidMetadata):
        await operations.add_distribution(connection, by=None, dataset_id=made.id, access_url=address)


async def test_a_dataset_from_elsewhere_is_adopted_once(connection: Connection) -> None:
    """What came by the SensorThings API gets its entry with licence, source and forms, and only once."""
    about = {
        "title": {"de": "Pegel"}, "description": {"de": "Wasserstände"}, "licence": "dl-de/by-2-0",
        "attribution": "Stadt Beispiel", "source": "https://stadt.example/pegel",
        "metadata": {"themes": ["ENVI"], "frequency": 7},
    }  # fmt: skip
    await datasets.save(connection, key="pegel", room="public", about=about)
    assert "pegel" in await operations.adopt_all(connection)
    assert await operations.adopt_all(connection) == []
    found = await queries.one(connection, ALL, key="pegel")
    assert found is not None
    assert (found.kind, found.themes, found.documentation) == (
        "series",
        ("ENVI",),
        ("https://stadt.example/pegel",),
    )
    assert [(form.licence, form.attribution) for form in found.distributions] == [(BY, "Stadt Beispiel")] * 4
    assert all(form.access_url.startswith("http://localhost:") for form in found.distributions)
    assert [service.endpoint_url.rpartition("/sta")[1] for service in found.services] == ["/sta"]


async def test_records_come_in_pages_and_only_those_one_may_see(connection: Connection) -> None:
    """Walking through pages meets every visible dataset once and no other."""
    hidden = await operations.create(connection, by=None, kind="table", title={"de": "Geheim"})
    shown = access.Scope((hidden.id,), True)
    seen: list[int] = []
    while found := await queries.page(connection, shown, after=seen[-1] if seen else 0, limit=3):
        seen += [dataset.id for dataset in found]
    assert len(seen) == len(set(seen)) == await queries.count(connection, shown)
    assert hidden.id not in seen
    assert await queries.one(connection, shown, key=hidden.key) is None


async def test_geodata_lie_where_their_rows_do(connection: Connection) -> None:
    """The place follows the rows, until somebody says another; what is said is kept."""
    about = await operations.create(connection, by=None, kind="features", title={"de": "Bänke"})
    said = await operations.create(
        connection, by=None, kind="features", title={"de": "Brunnen"},
        spatial={"type": "Point", "coordinates": [7.6, 51.9]},
    )  # fmt: skip
    for each in (about, said):
        await factories.collection(connection, dataset_id=each.id)
    await automatic.place_features(connection)
    first = await queries.one(connection, ALL, dataset_id=about.id)
    assert first is not None
    assert first.spatial is not None
    corner = first.spatial["coordinates"][0][0]
    await connection.execute(
        "UPDATE features.collection SET bounds = box(bounds[0], point(%s, %s)) WHERE dataset_id = %s",
        [corner[0] - 1, corner[1] - 1, about.id],
    )
    await automatic.place_features(connection, dataset_id=about.id)
    second = await queries.one(connection, ALL, dataset_id=about.id)
    assert second is not None
    assert second.spatial is not None
    assert second.spatial["coordinates"][0][0] == [corner[0] - 1, corner[1] - 1]
    kept = await queries.one(connection, ALL, dataset_id=said.id)
    assert kept is not None
    assert kept.spatial == {"type": "Point", "coordinates": [7.6, 51.9]}
