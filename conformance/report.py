# SPDX-License-Identifier: EUPL-1.2
"""What passed, per requirements class and requirement, as JSON and Markdown (STA_REPORT names the folder)."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

ROOT = "http://www.opengis.net/spec/iot_sensing/1.1/req/"
FOLDER = "conformance-report"
# The 17 requirements classes of 18-088, in its order, each with its clause.
CLASSES = {
    "datamodel/entity-control-information": "8.1",
    "datamodel/thing": "8.2.1",
    "datamodel/location": "8.2.2",
    "datamodel/historical-location": "8.2.3",
    "datamodel/datastream": "8.2.4",
    "datamodel/sensor": "8.2.5",
    "datamodel/observed-property": "8.2.6",
    "datamodel/observation": "8.2.7",
    "datamodel/feature-of-interest": "8.2.8",
    "resource-path": "9.2",
    "request-data": "9.3",
    "create-update-delete": "10",
    "batch-request": "11",
    "multi-datastream": "12",
    "data-array": "13",
    "create-observations-via-mqtt": "14.1",
    "receive-updates-via-mqtt": "14.2",
}
_RANK = {"passed": 0, "skipped": 1, "failed": 2}


class Report:
    """Collects the outcome of every test under its requirement."""

    def __init__(self) -> None:
        self.tests: dict[str, dict[str, Any]] = {}

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: object) -> Generator[None, Any, None]:  # noqa: ARG002
        """Keep the worst outcome of set-up, call and tear-down."""
        outcome = (yield).get_result()
        marker = item.get_closest_marker("requirement")
        assert marker is not None, f"{item.nodeid} names no requirement"
        entry = self.tests.setdefault(item.nodeid, {
            "name": item.name, "requirement": marker.args[0], "clause": marker.kwargs.get("clause", ""),
            "says": (item.function.__doc__ or "").strip().split("\n")[0],  # type: ignore[attr-defined]
            "outcome": "passed", "reason": "",
        })  # fmt: skip
        if _RANK[outcome.outcome] > _RANK[entry["outcome"]]:
            entry["outcome"], entry["reason"] = outcome.outcome, _reason(outcome)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write both files."""
        if session.config.option.collectonly or not self.tests:
            return
        folder = Path(os.environ.get("STA_REPORT", FOLDER))
        folder.mkdir(parents=True, exist_ok=True)
        found = summary(list(self.tests.values()))
        (folder / "report.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
        (folder / "report.md").write_text(markdown(found), "utf-8")

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """One line per class on the screen."""
        for name, entry in summary(list(self.tests.values()))["classes"].items():
            terminalreporter.write_line(f"{entry['verdict']:<10} {name} ({counts(entry)})")


def _reason(outcome: Any) -> str:
    if outcome.outcome == "skipped" and isinstance(outcome.longrepr, tuple):
        return str(outcome.longrepr[2]).removeprefix("Skipped: ")
    crash = getattr(outcome.longrepr, "reprcrash", None)
    text = crash.message if crash else str(outcome.longrepr)
    return str(text).split("\nassert ")[0][:400]


def summary(tests: list[dict[str, Any]]) -> dict[str, Any]:
    """Per class: verdict, counts and its tests. A class passes when something passed and nothing failed."""
    classes: dict[str, Any] = {}
    for name, clause in CLASSES.items():
        own = [test for test in tests if (test["requirement"] + "/").startswith(name + "/")]
        count = {kind: sum(test["outcome"] == kind for test in own) for kind in _RANK}
        verdict = "failed" if count["failed"] else "passed" if count["passed"] else "not tested"
        classes[name] = {"uri": ROOT + name, "clause": clause, "verdict": verdict, **count, "tests": own}
    return {
        "server": os.environ.get("STA_BASE_URL", ""),
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "classes": classes,
    }


def counts(entry: dict[str, Any]) -> str:
    """E.g. `12 passed, 1 skipped`."""
    return ", ".join(f"{entry[kind]} {kind}" for kind in _RANK if entry[kind]) or "no tests"


def markdown(found: dict[str, Any]) -> str:
    """The table of classes, the tests per requirement, and every test that did not pass, with its reason."""
    lines = ["| requirements class | clause | result | tests |", "|---|---|---|---|"]
    for name, entry in found["classes"].items():
        lines.append(f"| `{name}` | {entry['clause']} | {entry['verdict']} | {counts(entry)} |")
    lines += ["", "| requirement | clause | result | tests |", "|---|---|---|---|"]
    for name, own in requirements(found).items():
        entry = {kind: sum(test["outcome"] == kind for test in own) for kind in _RANK}
        verdict = "failed" if entry["failed"] else "passed" if entry["passed"] else "not tested"
        clause = ", ".join(sorted({test["clause"] for test in own}))
        lines.append(f"| `{name}` | {clause} | {verdict} | {counts(entry)} |")
    return "\n".join([*lines, "", *_others(found)]) + "\n"


def _others(found: dict[str, Any]) -> list[str]:
    """Every test that failed, and the reasons of those that were skipped."""
    tests = [test for own in requirements(found).values() for test in own]
    failed = [test for test in tests if test["outcome"] == "failed"]
    skipped = Counter((test["requirement"], test["reason"]) for test in tests if test["outcome"] == "skipped")
    if not failed and not skipped:
        return ["Every test passed."]
    lines = ["Failed:", ""] if failed else []
    for test in failed:
        lines.append(f"- `{test['requirement']}`, `{test['name']}`: {test['says']} — {_told(test['reason'])}")
    lines += ([""] if failed else []) + (["Skipped:", ""] if skipped else [])
    lines += [f"- `{name}`: {count} × {_told(reason)}" for (name, reason), count in skipped.items()]
    return lines


def _told(reason: str) -> str:
    return " ".join(reason.split()).replace("<", "&lt;")


def requirements(found: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The tests by requirement, in the order of the classes."""
    by_name: dict[str, list[dict[str, Any]]] = {}
    for entry in found["classes"].values():
        for test in entry["tests"]:
            by_name.setdefault(test["requirement"], []).append(test)
    return by_name
