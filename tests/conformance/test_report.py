# SPDX-License-Identifier: EUPL-1.2
"""The suite judges as it says: verdicts, the page, ids of any type, times of any form."""

from __future__ import annotations

from typing import Any

import pytest

from conformance import page, report, service
from tests.conformance.test_suite import covers


def told(requirement: str, outcome: str, reason: str = "") -> dict[str, Any]:
    """One test of a report."""
    return {"name": f"test_{outcome}", "requirement": requirement, "clause": "9", "says": "It is so.",
            "outcome": outcome, "reason": reason}  # fmt: skip


def test_one_failure_fails_a_class_and_nothing_tested_is_not_passed() -> None:
    """Skipped tests neither pass nor fail a class; a class without any is not tested."""
    found = report.summary([
        told("datamodel/thing/properties", "passed"), told("datamodel/thing/relations", "skipped", "MAY"),
        told("datamodel/location/properties", "passed"), told("datamodel/location/relations", "failed", "no"),
        told("data-array/data-array", "skipped", "not offered"),
    ])  # fmt: skip
    verdicts = {name: found["classes"][name]["verdict"] for name in report.CLASSES}
    assert verdicts["datamodel/thing"] == "passed"
    assert verdicts["datamodel/location"] == "failed"
    assert verdicts["data-array"] == verdicts["resource-path"] == "not tested"
    assert len(verdicts) == 17


def test_the_page_names_every_failure_with_its_reason() -> None:
    """The hand-written top stays; failures come one by one, skipped tests by reason."""
    found = report.summary([
        told("data-array/data-array", "failed", "AssertionError: 1 row,\n not <2>"),
        told("multi-datastream/relations", "skipped", "MAY"),
        told("multi-datastream/relations", "skipped", "MAY"),
    ])  # fmt: skip
    text = page.written(found, page="# Top\n" + page.MARK + "old")
    assert text.startswith("# Top\n")
    assert "old" not in text
    assert "- `data-array/data-array`, `test_failed`: It is so. — AssertionError: 1 row, not &lt;2>" in text
    assert "- `multi-datastream/relations`: 2 × MAY" in text
    with pytest.raises(SystemExit):
        page.written(found, page="# Nothing to fill\n")


@pytest.mark.parametrize(
    ("value", "text"),
    [(1, "Things(1)"), ("a'b", "Things(%27a%27%27b%27)"), ("ü/1", "Things(%27%C3%BC/1%27)")],
)
def test_ids_are_written_as_they_need_to_be(value: object, text: str) -> None:
    """Numbers bare, texts in quotes that are doubled inside."""
    assert service.at("Things", {"@iot.id": value}) == text


def test_equal_instants_are_equal_texts() -> None:
    """Fractions and the ways to say UTC do not count; another zone is no UTC."""
    assert service.instant("2024-01-01T00:00:00.500Z") == service.instant("2024-01-01T00:00:00.5+00:00")
    assert service.interval("2024-01-01T00:00:00Z") == ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z")
    with pytest.raises(AssertionError):
        service.instant("2024-01-01T00:00:00+02:00")


def test_what_a_listed_uri_speaks_of() -> None:
    """A class itself, a requirement of it, or the beginning of several; not a neighbour."""
    assert covers("datamodel", "datamodel/thing")
    assert covers("data-array/data-array", "data-array")
    assert not covers("datamodel/location", "datamodel/thing")
    assert not covers("data", "data-array")
