# SPDX-License-Identifier: EUPL-1.2
"""The first day: a printed link, an account, a passkey, a colleague; every page is clean for axe."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests import running
from tests.journeys import axe

PASSWORD = "viel Regen ohne Schirm 7"


@pytest.fixture(scope="module")
def city() -> Iterator[tuple[str, str]]:
    """A fresh installation under a name that passkeys accept: its address, and the link it printed."""
    with pytest.MonkeyPatch.context() as patched, running.installation() as made:
        address = f"http://localhost:{made.port}"
        patched.setenv("STADTKERN_PUBLIC_URL", address)
        made.start()
        log = made.folder / "serve.log"
        made.wait_for(lambda: "Beenden mit" in log.read_text(encoding="utf-8"))
        found = re.search(rf"{address}/willkommen/\S+", log.read_text(encoding="utf-8"))
        assert found is not None
        yield address, found[0]


def _clean(page: Page) -> None:
    for scheme, width in (("light", 1280), ("dark", 390)):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 900})
        assert axe.here(page, name=f"{page.url} {scheme} {width}") == []
    page.set_viewport_size({"width": 1280, "height": 900})


def _with_authenticator(browser: Browser) -> Page:
    """A page of a visitor whose device keeps passkeys and knows their finger."""
    context = browser.new_context(locale="de-DE", reduced_motion="reduce")
    axe.ready(context)
    page = context.new_page()
    protocol = page.context.new_cdp_session(page)
    protocol.send("WebAuthn.enable")
    names = ("hasResidentKey", "hasUserVerification", "isUserVerified", "automaticPresenceSimulation")
    device = {"protocol": "ctap2", "transport": "internal", **dict.fromkeys(names, True)}
    protocol.send("WebAuthn.addVirtualAuthenticator", {"options": device})
    return page


def _confirm(page: Page) -> None:
    """Type the password once more where a step asks for it."""
    if "/anmelden/bestaetigen" in page.url:
        _clean(page)
        page.fill("#id_password", PASSWORD)
        page.click("main form .kern-btn--primary")


def test_somebody_comes_in_and_brings_a_colleague(browser: Browser, city: tuple[str, str]) -> None:
    """From the printed link to a colleague's account, with a passkey instead of the password."""
    address, link = city
    page = _with_authenticator(browser)
    page.goto(link)
    _clean(page)
    for field, value in (("name", "Erste"), ("email", "erste@stadt.example"), ("password", PASSWORD)):
        page.fill(f"#id_{field}", value)
    page.fill("#id_again", PASSWORD)
    page.click("text=Konto anlegen")
    page.wait_for_url("**/konto")
    _clean(page)

    page.goto(f"{address}/konto/sicherheit/passkeys/neu")
    _confirm(page)
    _clean(page)
    assert page.is_checked("#id_passwordless"), "a passkey signs in by itself unless somebody wants otherwise"
    page.click("main form .kern-btn--primary")
    page.wait_for_url("**/notfallcodes")
    _clean(page)
    for path in ("/konto/sicherheit", "/konto/sicherheit/passkeys", "/konto/daten", "/konto/schluessel/neu"):
        page.goto(address + path)
        _clean(page)

    page.goto(f"{address}/konto")
    page.click("text=Abmelden")
    page.goto(f"{address}/arbeit/menschen")
    _clean(page)
    assert not page.locator("text=Passwort vergessen?").count(), "no mails, so no link that leads nowhere"
    page.click("text=Mit Passkey anmelden")
    page.wait_for_url("**/arbeit/menschen")
    page.click("text=Stadtverwaltung")
    page.fill("#id_email", "zweite@stadt.example")
    page.select_option("#id_role", "steward")
    page.click("text=Link erzeugen")
    _clean(page)
    invitation = page.inner_text("code").strip()
    page.context.close()
    _colleague(browser, address=address, invitation=invitation)


def _colleague(browser: Browser, *, address: str, invitation: str) -> None:
    colleague = browser.new_page()
    colleague.goto(invitation)
    colleague.fill("#id_name", "Zweite")
    colleague.fill("#id_password", PASSWORD)
    colleague.fill("#id_again", PASSWORD)
    colleague.click("text=Konto anlegen")
    colleague.wait_for_url("**/konto")
    assert "Daten verantworten" in colleague.inner_text("main")
    colleague.goto(f"{address}/arbeit/geraete")
    _clean(colleague)
    assert colleague.goto(f"{address}/arbeit/menschen").status == 403  # type: ignore[union-attr]
    colleague.close()
