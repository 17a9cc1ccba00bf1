# SPDX-License-Identifier: EUPL-1.2
"""The newest observations of all datastreams together."""

from __future__ import annotations

import pytest

from tests.things.factories import City, datastream, hourly, location, thing

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def several(city: City) -> None:
    """Datastreams without values, with a few, and with the same newest hour as others."""
    for number in (0, 3, 5, 5, 5, 1, 3):
        await city.create(
            "Things",
            thing(Locations=[location()], Datastreams=[datastream(observations=hourly(*range(number)))]),
        )


@pytest.mark.parametrize("top", [1, 2, 3, 7, 50])
async def test_the_newest_values_of_all_series_together(city: City, several: None, top: int) -> None:
    """The short way through the states answers like the long way through all observations."""
    short = await city.get(f"Observations?$orderby=phenomenonTime desc&$top={top}")
    long = await city.get(f"Observations?$orderby=phenomenonTime desc&$top={top}&$filter=id gt 0")
    assert short["value"] == long["value"]
    assert ("@iot.nextLink" in short) == ("@iot.nextLink" in long)
    if "@iot.nextLink" in short:
        assert await city.values(short["@iot.nextLink"]) == await city.values(long["@iot.nextLink"])
