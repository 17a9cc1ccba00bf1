# SPDX-License-Identifier: EUPL-1.2
"""The root document promises what the suite has seen, and docs/conformance.md says the same."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from conformance import report
from tests.conformance.conftest import ROOT, Served


def promised(served: Served) -> list[str]:
    """The standard's requirements the root document lists, without their common beginning."""
    with urllib.request.urlopen(served.address) as answer:
        listed = json.load(answer)["serverSettings"]["conformance"]
    return [uri.removeprefix(report.ROOT) for uri in listed if uri.startswith(report.ROOT)]


def covers(uri: str, name: str) -> bool:
    """Whether a listed URI speaks of a class: its own, one of its requirements, or their common beginning."""
    return (name + "/").startswith(uri + "/") or (uri + "/").startswith(name + "/")


def test_what_passes_is_promised_and_nothing_else(served: Served, judged: dict[str, Any]) -> None:
    """A class is listed exactly when every test of it that could run has passed."""
    listed = promised(served)
    passed = {name for name, entry in judged["classes"].items() if entry["verdict"] == "passed"}
    broken = {name for uri in listed for name in report.CLASSES if covers(uri, name)} - passed
    told = [
        each for name in broken for each in judged["classes"][name]["tests"] if each["outcome"] == "failed"
    ]
    assert not broken, json.dumps(told, indent=1)
    assert not [name for name in passed if not any(covers(uri, name) for uri in listed)]


def test_listed_uris_are_those_of_the_standard(served: Served, judged: dict[str, Any]) -> None:
    """Every URI is a class, a requirement with tests, or begins the data model; none comes twice."""
    known = {"datamodel", *report.CLASSES, *report.requirements(judged)}
    listed = promised(served)
    assert set(listed) <= known
    assert len(set(listed)) == len(listed)


def test_nothing_of_the_run_stays(served: Served, judged: dict[str, Any]) -> None:
    """The suite removes what it has made."""
    assert judged["classes"]
    for entities in ("Things", "Locations", "Sensors", "ObservedProperties", "FeaturesOfInterest"):
        own = "$filter=startswith(name,'sta-conformance')"
        with urllib.request.urlopen(f"{served.address}/{entities}?{own}") as answer:
            assert json.load(answer)["value"] == [], entities


def test_the_page_says_what_the_suite_says(judged: dict[str, Any]) -> None:
    """docs/conformance.md is the report of this version, apart from the date."""
    page = (ROOT / "docs/conformance.md").read_text("utf-8")
    wanted = [line for line in report.markdown(judged).split("\n") if line.startswith("| `")]
    missing = [line for line in wanted if line not in page]
    assert not missing, "make conformance, then python -m conformance.page conformance-report/report.json"
