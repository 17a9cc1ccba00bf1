# SPDX-License-Identifier: EUPL-1.2
"""Pages on a slow phone, public and for work: largest paint, how long they are deaf, how far they move."""

from __future__ import annotations

import http.client
import re
import shutil
import statistics
from collections.abc import Iterator

import msgspec
from playwright.sync_api import Browser, sync_playwright

from bench import people
from bench.figures import Figure
from bench.session import Session

_ROUNDS = 3
_SLOWER = 4
# Slow 4G as Lighthouse has it: 150 ms there and back, 1.6 Mbit/s down, 750 kbit/s up.
_LINE = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 93_750}
_PAGES = {"front page": "/", "map": "/karte", "datasets": "/daten", "dataset": r"/daten/musterstadt-[a-z]+",
          "thing": r"/dinge/\d+", "chart": "/diagramm", "board": "/tafeln/stadt-jetzt",
          "board for experts": "/tafeln/stadt-jetzt?sicht=fach",
          "story": r"/datenfenster/[a-z-]+"}  # fmt: skip
_INSIDE = {"work": "/arbeit", "datasets at work": "/arbeit/datensaetze",
           "description of a dataset": r"/arbeit/daten/musterstadt-[a-z]+", "inventory": "/arbeit/inventar",
           "gaps of the inventory": "/arbeit/inventar/luecken", "boards at work": "/arbeit/tafeln",
           "appearance": "/arbeit/auftritt", "log": "/arbeit/protokoll", "account": "/konto"}  # fmt: skip
# Where the first of a kind stands, if not above it.
_LISTS = {_INSIDE["description of a dataset"]: "/arbeit/datensaetze"}
_COOKIE = "sessionid"
# Deaf is a page from its first paint on (web.dev/articles/tbt): before that there is nothing to touch.
_WATCH = """window.kept = {lcp: 0, tbt: 0, cls: 0};
const long = [];
const watch = (type, keep) =>
  new PerformanceObserver(list => list.getEntries().forEach(keep)).observe({type, buffered: true});
watch('largest-contentful-paint', entry => { kept.lcp = entry.startTime; });
watch('longtask', entry => { long.push(entry); });
window.sum = () => {
  const first = performance.getEntriesByName('first-contentful-paint')[0].startTime;
  for (const { startTime, duration } of long) {
    if (startTime + duration > first) kept.tbt += Math.max(0, duration - Math.max(0, first - startTime) - 50);
  }
  return kept;
};
watch('layout-shift', entry => { if (!entry.hadRecentInput) kept.cls += entry.value; });"""


class Kept(msgspec.Struct, frozen=True):
    """What the browser says of one load: milliseconds twice, share of the screen."""

    lcp: float
    tbt: float
    cls: float
    busy: float
    """Milliseconds of the main thread's own processor time, which no other program lengthens."""


def measure(session: Session) -> Iterator[Figure]:
    """Load each page as a phone with a slow line does, and as this machine does."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with session.demo() as installation, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        session_of = people.administrator(installation)
        for pages, cookie in ((_PAGES, ""), (_INSIDE, session_of)):
            for name, pattern in pages.items():
                path = _path(installation.port, pattern, cookie=cookie)
                address = f"http://127.0.0.1:{installation.port}{path}"
                _load(browser, address, slow=False, cookie=cookie)
                plain = _load(browser, address, slow=False, cookie=cookie)
                loads = [_load(browser, address, slow=True, cookie=cookie) for _ in range(_ROUNDS)]
                yield from _figures(name, loads, plain)
        browser.close()


def _figures(name: str, loads: list[Kept], plain: Kept) -> Iterator[Figure]:
    for title, key, unit, goal in (
        ("largest paint (LCP)", "lcp", "ms", 2000.0),
        ("deaf (TBT)", "tbt", "ms", 150.0),
        ("moved (CLS)", "cls", "of the screen", 0.05),
        ("main thread at work", "busy", "ms", None),
    ):
        value = statistics.median(getattr(load, key) for load in loads)
        yield Figure(
            name=f"{name}, {_SLOWER}× slower, slow 4G: {title}", value=value, unit=unit, goal=goal,
            reference=getattr(plain, key), reference_is="not slowed down",
        )  # fmt: skip


def _path(port: int, pattern: str, *, cookie: str) -> str:
    """The page itself, or the first of its kind that its list leads to."""
    folder = _LISTS.get(pattern) or pattern.rpartition("/")[0]
    if not folder or not re.search(r"[\\\[]", pattern):
        return pattern
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", folder, headers={"Cookie": f"{_COOKIE}={cookie}"} if cookie else {})
    found = re.search(f'href="({pattern})"', connection.getresponse().read().decode())
    if found is None:
        raise RuntimeError(f"{folder} leads to no page {pattern}")
    return found[1]


def _load(browser: Browser, address: str, *, slow: bool, cookie: str) -> Kept:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, locale="de-DE", service_workers="block"
    )
    if cookie:
        context.add_cookies([{"name": _COOKIE, "value": cookie, "url": address}])
    page = context.new_page()
    page.add_init_script(_WATCH)
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.send("Performance.enable", {"timeDomain": "threadTicks"})
    if slow:
        wire.send("Network.emulateNetworkConditions", _LINE)
        wire.send("Emulation.setCPUThrottlingRate", {"rate": _SLOWER})
    answer = page.goto(address, wait_until="load")
    if answer is None or answer.status != 200 or page.url != address:
        raise RuntimeError(f"{address} leads to {page.url}")
    page.wait_for_timeout(2000 if slow else 500)
    spent = {each["name"]: each["value"] for each in wire.send("Performance.getMetrics")["metrics"]}
    busy = 1000 * float(spent["TaskDuration"])
    kept = msgspec.convert({**page.evaluate("sum()"), "busy": busy}, Kept, strict=False)
    context.close()
    return kept
