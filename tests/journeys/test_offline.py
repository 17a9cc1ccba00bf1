# SPDX-License-Identifier: EUPL-1.2
"""Without a network pages show their last state and say from when it is; what is near, with one press."""

from __future__ import annotations

from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.journeys import axe
from tests.journeys.conftest import Walk


def _kept(page: Page, walk: Walk, *paths: str) -> None:
    """Look at pages with the worker in charge."""
    page.goto(walk.address + "/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    for path in paths:
        page.goto(walk.address + path)
        assert page.evaluate("navigator.serviceWorker.controller !== null")
    page.wait_for_function(
        "async paths => { const cache = await caches.open('pages-1');"
        " return (await Promise.all(paths.map(path => cache.match(path)))).every(Boolean); }",
        arg=list(paths),
    )


def test_a_page_shows_its_last_state_when_the_network_is_gone(context: BrowserContext, walk: Walk) -> None:
    """With its time above, nothing in it as if it were live; a page never seen leads to those that were."""
    page = context.new_page()
    _kept(page, walk, "/", "/dinge", "/en/dinge")
    context.set_offline(True)
    page.goto(walk.address + "/")
    note = page.get_by_text("Keine Verbindung. Sie sehen den letzten Stand:")
    expect(note).to_be_visible()
    assert page.locator(".sk-offline time").get_attribute("datetime")
    expect(page.locator(".sk-fresh--live")).to_have_count(0)
    page.goto(walk.address + "/en/dinge")
    expect(page.get_by_text("No connection. You see the last state:")).to_be_visible()
    page.goto(walk.address + "/ueber")
    expect(page.get_by_role("heading", level=1)).to_have_text("Keine Verbindung")
    expect(page.get_by_role("link", name="Messorte – Beispielstadt")).to_be_visible()
    context.set_offline(False)
    expect(page.get_by_role("heading", level=1)).to_have_text("Über diese Seiten")  # it comes by itself
    page.goto(walk.address + "/")
    expect(page.locator(".sk-offline")).to_have_count(0)


def test_the_very_first_page_is_kept_too(browser: Browser, walk: Walk) -> None:
    """Whoever opens one page, and then has no network, sees it again."""
    context = browser.new_context(locale="de-DE")
    page = context.new_page()
    page.goto(walk.address + "/dinge")
    page.wait_for_function(
        "async () => (await navigator.serviceWorker.ready).active.state === 'activated'", timeout=60_000
    )
    context.set_offline(True)
    page.goto(walk.address + "/dinge")
    expect(page.get_by_text("Keine Verbindung. Sie sehen den letzten Stand:")).to_be_visible()
    context.close()


def test_what_is_shown_without_a_network_is_accessible(browser: Browser, walk: Walk) -> None:
    """The kept page with its note and the page instead, light and dark."""
    found = []
    for scheme in ("light", "dark"):
        context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)  # type: ignore[arg-type]
        page = context.new_page()
        _kept(page, walk, "/dinge")
        context.set_offline(True)
        for path in ("/dinge", "/ueber"):
            found += axe.faults(page, walk.address + path, name=f"{path} {scheme}")
        context.close()
    assert not found, "\n".join(found)


def test_pages_of_somebody_signed_in_are_not_kept(context: BrowserContext, walk: Walk) -> None:
    """What is for one person only goes, also where the public page was kept before."""
    page = context.new_page()
    _kept(page, walk, "/dinge")
    context.add_cookies([{"name": "sessionid", "value": "whatever", "url": walk.address}])
    page.goto(walk.address + "/dinge")
    page.wait_for_function(
        "async () => !(await (await caches.open('pages-1')).match('/dinge'))",
    )
    context.set_offline(True)
    page.goto(walk.address + "/dinge")
    expect(page.get_by_role("heading", level=1)).to_have_text("Keine Verbindung")


def test_a_page_that_does_not_come_is_asked_for_seldom(browser: Browser, walk: Walk) -> None:
    """Ever later, not while nobody looks, and at once when the device says that it has a network."""
    context = browser.new_context(locale="de-DE", service_workers="block")
    page = context.new_page()
    page.goto(walk.address + "/offline")
    instead, reachable = page.content(), False
    asked: list[str] = []

    def answer(route: Route) -> None:
        asking = route.request.method == "HEAD"
        asked.extend([route.request.url] if asking else [])
        if reachable:
            route.continue_()
        elif asking:
            route.abort()
        else:
            route.fulfill(body=instead, content_type="text/html")

    page.clock.install()
    page.route(walk.address + "/ueber", answer)
    page.goto(walk.address + "/ueber")
    for _ in range(60):
        page.clock.run_for(30_000)
    assert 3 <= len(asked) <= 14  # in half an hour
    page.evaluate("Object.defineProperty(document, 'hidden', { value: true, configurable: true })")
    before = len(asked)
    for _ in range(60):
        page.clock.run_for(30_000)
    assert len(asked) <= before + 1
    reachable = True
    page.evaluate("delete document.hidden; dispatchEvent(new Event('online'))")
    expect(page.get_by_role("heading", level=1)).to_have_text("Über diese Seiten")
    context.close()


def test_what_is_near_me_comes_with_one_press(browser: Browser, walk: Walk) -> None:
    """The position goes rounded, the address does not change; whoever refuses is told another way."""
    context = browser.new_context(
        geolocation={"latitude": 51.960123, "longitude": 7.600123},
        permissions=["geolocation"],
        locale="de-DE",
    )
    page = context.new_page()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.url} {request.post_data or ''}"))
    page.goto(walk.address + "/naehe")
    page.get_by_role("button", name="Meinen Standort verwenden").click()
    expect(page.get_by_role("heading", name="Rund um Ihren Standort")).to_be_focused()
    assert page.url == walk.address + "/naehe"
    assert any("lat=51.960&lon=7.600" in each for each in sent)
    assert not any("51.9601" in each for each in sent)
    context.clear_permissions()
    page.reload()
    page.get_by_role("button", name="Meinen Standort verwenden").click()
    expect(page.get_by_text("Ihr Browser gibt den Standort nicht frei.")).to_be_visible()
    context.close()
