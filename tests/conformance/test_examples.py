# SPDX-License-Identifier: EUPL-1.2
"""What docs/examples.md says can be copied and run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.conformance.conftest import ROOT, Served
from tests.things import factories

PAGE = ROOT / "docs/examples.md"
_BLOCK = re.compile(r"^```(?P<language>bash|python|javascript)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_PROGRAMS = {
    "bash": ["bash", "-euo", "pipefail"],
    "python": [sys.executable],
    "javascript": [shutil.which("node") or "node"],
}
_ENDINGS = {"bash": "sh", "python": "py", "javascript": "mjs"}


def _blocks() -> Iterator[object]:
    for number, match in enumerate(_BLOCK.finditer(PAGE.read_text("utf-8")), start=1):
        missing = shutil.which(_PROGRAMS[match["language"]][0]) is None
        marks = [pytest.mark.skip(reason=f"no {match['language']} on this machine")] if missing else []
        yield pytest.param(match["language"], match["text"], id=f"{number}-{match['language']}", marks=marks)


@pytest.fixture(scope="module")
def stream(served: Served) -> int:
    """A Datastream with two days of hours."""
    values = [*factories.hourly(*range(24)), *factories.hourly(*range(24), day="2024-05-02")]
    body = factories.thing(
        Locations=[factories.location()], Datastreams=[factories.datastream(observations=values)]
    )
    headers = {"Authorization": f"Bearer {served.token}"}
    made = requests.post(f"{served.address}/Things", json=body, headers=headers, timeout=60)
    found = requests.get(f"{served.address}/Things({made.json()['@iot.id']})/Datastreams", timeout=60).json()
    number: int = found["value"][0]["@iot.id"]
    return number


@pytest.mark.parametrize(("language", "text"), list(_blocks()))
def test_an_example_runs_as_it_is_printed(
    served: Served, stream: int, tmp_path: Path, language: str, text: str
) -> None:
    """Only address, token and number are put in; it ends well and says something."""
    text = text.replace("http://localhost:8000/sta/v1.1", served.address).replace("YOUR_TOKEN", served.token)
    text = text.replace("Datastreams(1)", f"Datastreams({stream})").replace("(id=1)", f"(id={stream})")
    text = text.replace(".find(1)", f".find({stream})").replace('{"@iot.id": 1}', f'{{"@iot.id": {stream}}}')
    file = tmp_path / f"example.{_ENDINGS[language]}"
    file.write_text(text, "utf-8")
    ran = subprocess.run(
        [*_PROGRAMS[language], str(file)],
        cwd=tmp_path, capture_output=True, text=True, timeout=90, check=False,
        env={**os.environ, "PYTHONPATH": ""},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.strip()


def test_there_are_examples_of_every_kind() -> None:
    """A page whose blocks were renamed would otherwise pass without running any of them."""
    kinds = [match["language"] for match in _BLOCK.finditer(PAGE.read_text("utf-8"))]
    assert {kind: kinds.count(kind) for kind in _PROGRAMS} == {"bash": 3, "python": 5, "javascript": 1}
