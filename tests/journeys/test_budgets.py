# SPDX-License-Identifier: EUPL-1.2
"""Every kind of page is light, keeps still while it loads, and asks nobody else; without cookies."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import Browser, CDPSession, Page, expect

from tests.journeys.conftest import Walk
from tests.journeys.test_accessible import address

PATHS = ["/", "/karte", "/dinge", "THING", "STREAM", "/naehe?stadtteil=1", "/daten", "/suche?q=neutor",
         "/glossar", "/barrierefreiheit", "/en/", "/?sicht=fach", "/tafeln/stadt-jetzt?mode=wall", "CHART",
         "/datenfenster", "/schnittstellen/daten-api", "/ogc?f=html", "/ui"]  # fmt: skip
# HTML, CSS and JS, compressed, before a map or an interactive chart is asked for.
MOST_BYTES = 150_000
MOST_SHIFT = 0.05
_SHIFT = """new Promise(resolve => {
  let sum = 0;
  const seen = list => list.getEntries().forEach(e => { if (!e.hadRecentInput) sum += e.value; });
  new PerformanceObserver(seen).observe({type: 'layout-shift', buffered: true});
  requestAnimationFrame(() => setTimeout(() => resolve(sum), 100));
})"""


class Watch:
    """What goes over the wire while pages load."""

    def __init__(self, page: Page):
        self.kinds: dict[str, str] = {}
        self.bytes = 0
        self.maps = 0
        self.hosts: set[str] = set()
        session: CDPSession = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        session.on("Network.responseReceived", self._answered)
        session.on("Network.loadingFinished", self._finished)

    def _answered(self, event: dict[str, object]) -> None:
        url = urlsplit(str(event["response"]["url"]))  # type: ignore[index]
        self.hosts.add(url.netloc)
        self.maps += url.path.startswith("/assets/map")
        if not url.path.startswith("/assets/map"):
            self.kinds[str(event["requestId"])] = str(event["type"])

    def _finished(self, event: dict[str, object]) -> None:
        if self.kinds.get(str(event["requestId"])) in ("Document", "Stylesheet", "Script"):
            self.bytes += int(event["encodedDataLength"])  # type: ignore[call-overload]


def test_pages_are_light_and_keep_still(browser: Browser, walk: Walk) -> None:
    """150 KB, a shift of 0.05, no foreign host, no cookie; on a phone, where the map comes when asked for."""
    over = []
    for path in PATHS:
        context = browser.new_context(viewport={"width": 390, "height": 844}, service_workers="block")
        page = context.new_page()
        watch = Watch(page)
        page.goto(address(walk, path), wait_until="load")
        shift = page.evaluate(_SHIFT)
        foreign = watch.hosts - {urlsplit(walk.address).netloc, ""}
        if not 2_000 < watch.bytes <= MOST_BYTES or shift >= MOST_SHIFT or foreign or context.cookies():
            over.append((path, watch.bytes, shift, foreign, context.cookies()))
        if path == "/karte":
            assert watch.maps == 0
            page.get_by_role("button", name="Karte bewegen").click()
            page.wait_for_selector("[data-map][data-ready]")
            expect(page.locator("[data-map-sheet]")).to_be_hidden()
        context.close()
    assert over == []
