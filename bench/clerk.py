# SPDX-License-Identifier: EUPL-1.2
"""A clerk at the pages of imports: sends a file, takes what the pages suggest, and publishes."""

from __future__ import annotations

import re
import time
from html import unescape
from pathlib import Path
from typing import Any

import httpx

from bench import people
from bench.installation import Installation

_PAUSE = 0.05
_SECONDS = 900.0
_ABOUT = {
    "description": "Erfunden, um die Zeit zu messen.",
    "licence": "http://dcat-ap.de/def/licenses/cc-zero",
    "attribution": "",
    "room": "public",
    "publish": "on",
}


class Stuck(Exception):
    """An import did not get where it should; the message says where it stands."""


class Clerk:
    """Somebody signed in who may publish for a department."""

    def __init__(self, installation: Installation):
        self._installation = installation
        self._organisation, cookie = people.publisher(installation)
        # What the pages do on a request is not to be stopped by the patience of a client.
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{installation.port}", timeout=300, cookies={"sessionid": cookie}
        )

    def publish(self, path: Path, *, title: str, target: str) -> tuple[str, dict[str, float]]:
        """Bring a file into a new dataset; returns its key, and the seconds that each step took."""
        began = time.perf_counter()
        taken: dict[str, float] = {}

        def lap(name: str) -> None:
            nonlocal began
            taken[name] = time.perf_counter() - began
            began = time.perf_counter()

        with path.open("rb") as file:
            form = {"organisation": str(self._organisation), **self._token("/arbeit/import/neu")}
            answer = self._client.post("/arbeit/import/neu", data=form, files={"file": (path.name, file)})
        address = answer.headers["location"]
        lap("upload")
        self._wait(address, "looked")
        lap("look")
        values = {**_filled(self._client.get(address).text, "plan"), "target": target}
        self._send(f"{address}/plan", values)
        self._wait(address, "checked")
        lap("check")
        self._send(f"{address}/speichern", {**_ABOUT, "title": title, **self._token(address)})
        key = self._wait(address, "done")
        lap("store")
        return key, taken

    def _token(self, page: str) -> dict[str, str]:
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self._client.get(page).text)
        if found is None:
            raise Stuck(f"{page} shows no form")
        return {"csrfmiddlewaretoken": found[1]}

    def _send(self, address: str, values: dict[str, str]) -> None:
        answer = self._client.post(address, data=values)
        if answer.status_code != 302:
            raise Stuck(f"{address} answers {answer.status_code}")

    def _wait(self, address: str, state: str) -> str:
        """Until the delivery has come so far; the key of its dataset, where it has one."""
        until = time.monotonic() + _SECONDS
        with self._installation.connect() as connection:
            while time.monotonic() < until:
                row: tuple[Any, ...] | None = connection.execute(
                    "SELECT d.state, coalesce(s.key, '') FROM catalogue.import_delivery AS d"
                    " JOIN catalogue.import_recipe AS r ON r.id = d.recipe_id"
                    " LEFT JOIN core.dataset AS s ON s.id = r.dataset_id WHERE d.uuid = %s",
                    [address.rpartition("/")[2]],
                ).fetchone()
                if row is not None and row[0] == state:
                    return str(row[1])
                if row is None or row[0] in ("refused", "failed", "held"):
                    raise Stuck(f"{address} is {row and row[0]}, not {state}")
                time.sleep(_PAUSE)
        raise Stuck(f"{address} is not {state} after {_SECONDS:.0f} s")


def _filled(page: str, action: str) -> dict[str, str]:
    """What a browser would send with the form that goes to `…/action`, untouched."""
    form = next(f for f in re.findall(r"<form.*?</form>", page, re.DOTALL) if f'/{action}"' in f)
    values: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        kept = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        ticked = kept.get("type") in ("checkbox", "radio")
        if "name" in kept and (not ticked or " checked" in tag):
            values[kept["name"]] = unescape(kept.get("value", "on" if ticked else ""))
    for name, inner in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        options = re.findall(r'<option value="([^"]*)"( selected)?', inner)
        first = options[0][0] if options else ""
        values[name] = unescape(next((value for value, chosen in options if chosen), first))
    return values
