# SPDX-License-Identifier: EUPL-1.2
"""The map with 10,000 places in a browser on a processor four times slower: frames while it is dragged."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bench.figures import Figure, quantile
from bench.session import Session

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_PLACES = 10_000
_SLOWER = 4
_STEPS = 60
_GOAL = 50.0  # ms of the main thread for a frame: twenty a second and more
# A source of events of its own kind: a thousand values a second of those that the page asked for.
_VALUES = """
window.EventSource = class extends EventTarget {
  constructor(url) {
    super();
    let id = 0;
    const steps = new URL(url, location).searchParams.get("steps").split(".");
    const ids = steps.map((step) => id += parseInt(step, 36));
    document.documentElement.dataset.asked = ids.length;
    let n = 0;
    this.timer = setInterval(() => {
      for (let i = 0; i < 100; i += 1) {
        n += 1;
        const said = { datastream: ids[n % ids.length], time: new Date().toISOString(), result: n % 90 };
        this.dispatchEvent(new MessageEvent("observation", { data: JSON.stringify(said) }));
      }
    }, 100);
  }
  close() { clearInterval(this.timer); }
};
"""
_FRAMES = """
window.frames_ = [];
let before = performance.now();
const frame = (now) => { window.frames_.push(now - before); before = now; requestAnimationFrame(frame); };
requestAnimationFrame(frame);
"""


def measure(session: Session) -> Iterator[Figure]:
    """Drag across the map, grouped and with every single place; the reference is a map without any."""
    from playwright.sync_api import sync_playwright

    with session.blank("map") as installation, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        address = f"http://127.0.0.1:{installation.port}/karte?karte=11.5/51.95/7.62"
        empty = _dragged(browser, address, places=0, grouped=True)
        for grouped in (True, False):
            found = _dragged(browser, address, places=_PLACES, grouped=grouped)
            how = "near ones grouped" if grouped else "each by itself"
            yield _figure(f"main thread per frame, {how}", found["busy"], empty["busy"], goal=_GOAL)
            yield _figure(
                f"p95 between frames (drawn without a graphics card), {how}", found["p95"], empty["p95"]
            )
        browser.close()


def _figure(name: str, value: float, reference: float, *, goal: float | None = None) -> Figure:
    return Figure(
        name=f"map of {_PLACES:,} places, 1,000 new values/s, processor {_SLOWER} times slower: {name}",
        value=value, unit="ms", goal=goal, reference=reference, reference_is="the map without places",
    )  # fmt: skip


def _dragged(browser: Browser, address: str, *, places: int, grouped: bool) -> dict[str, float]:
    """`busy`: milliseconds of the main thread per frame; `p95` between two frames."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.add_init_script(_VALUES)
    body = json.dumps(_document(places))
    page.route(
        "**/karte/places.json*", lambda route: route.fulfill(body=body, content_type="application/geo+json")
    )
    page.goto(address)
    page.wait_for_selector("[data-map][data-ready]", timeout=120_000)
    if not grouped:
        page.locator("[data-atlas-group]").uncheck()
    if places:
        page.wait_for_selector("html[data-asked]", timeout=60_000)
    page.wait_for_timeout(3_000)
    client = page.context.new_cdp_session(page)
    client.send("Emulation.setCPUThrottlingRate", {"rate": _SLOWER})
    # The thread's own processor time: what else the machine does is not in it.
    client.send("Performance.enable", {"timeDomain": "threadTicks"})
    box = page.locator("[data-map]").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate(_FRAMES)
    began = _busy(client)
    for step in range(_STEPS):
        page.mouse.move(x + (5 * step if step < _STEPS / 2 else 5 * (_STEPS - step)), y + step)
        page.wait_for_timeout(30)
    busy = _busy(client) - began
    frames = page.evaluate("window.frames_")
    page.mouse.up()
    page.close()
    return {"busy": 1000 * busy / len(frames), "p95": quantile(frames, 0.95)}


def _busy(client: Any) -> float:
    metrics = client.send("Performance.getMetrics")["metrics"]
    return float(next(each["value"] for each in metrics if each["name"] == "TaskDuration"))


def _document(places: int) -> dict[str, Any]:
    dice = random.Random(1)
    features = [
        {
            "type": "Feature",
            "id": n,
            "geometry": {"type": "Point", "coordinates": [dice.gauss(7.62, 0.05), dice.gauss(51.95, 0.03)]},
            "properties": {
                "name": f"Messort {n}", "kind": "rad", "shape": dice.choice(["circle", "square", "triangle"]),
                "value": "12 Räder", "mood": "live", "stream": n, "at": None, "unit": "Räder", "digits": 0,
            },
        }
        for n in range(1, places + 1)
    ]  # fmt: skip
    return {"type": "FeatureCollection", "features": features}
