# SPDX-License-Identifier: EUPL-1.2
"""The service under test, what the reading tests read, and the report."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from conformance import report, town
from conformance.service import Service

_HOW = (
    "STA_BASE_URL is not set: the address of a SensorThings service root, e.g. http://localhost:8000/sta/v1.1"
)


def pytest_configure(config: pytest.Config) -> None:
    """Announce the marker and hang the report in."""
    config.addinivalue_line("markers", "requirement(uri, clause): the requirement of 18-088 a test is about")
    config.pluginmanager.register(report.Report(), "conformance-report")


@pytest.fixture(scope="session")
def sta() -> Iterator[Service]:
    """The service; whatever happens, what the run made is removed at the end."""
    base = os.environ.get("STA_BASE_URL")
    if not base:
        pytest.exit(_HOW, returncode=2)
    service = Service(base=base)
    try:
        yield service
    finally:
        service.clear()


@pytest.fixture(scope="session")
def city(sta: Service) -> town.Town:
    """Entities to read; no test changes them."""
    return town.build(sta)


@pytest.fixture(scope="session")
def places(sta: Service) -> dict[str, dict[str, object]]:
    """Locations of many shapes; no test changes them."""
    return town.places(sta)
