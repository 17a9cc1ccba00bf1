# SPDX-License-Identifier: EUPL-1.2
"""The names of query options: in any case, none of them unknown."""

from __future__ import annotations

import pytest

from tests.things.factories import City, datastream, thing

pytestmark = pytest.mark.anyio


async def test_names_of_options_may_be_written_in_any_case(city: City) -> None:
    series = [datastream(name=name) for name in ("air", "soil")]
    await city.create("Things", thing(name="tree", Datastreams=series))
    expand = "Datastreams($orderBy=name desc;$Select=name)"
    assert await city.values(f"Things?$Expand={expand}&$SELECT=name") == [
        {"name": "tree", "Datastreams": [{"name": "soil"}, {"name": "air"}]}
    ]
    assert "twice" in (await city.refused("GET", "Things?$top=1&$Top=2"))["detail"]


async def test_what_odata_has_and_sensorthings_has_not_is_said_to_be_so(city: City) -> None:
    for option in ("$search=x", "$apply=x", "$compute=x"):
        assert (await city.send("GET", f"Things?{option}")).status_code == 501
    assert (await city.send("GET", "Things?$filtre=x")).status_code == 400
