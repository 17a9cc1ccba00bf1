# SPDX-License-Identifier: EUPL-1.2
"""Somebody searches from the front page: by keyboard with suggestions, or without JavaScript."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, Route, expect

from tests.journeys.conftest import Walk


def test_suggestions_are_chosen_by_keyboard(page: Page, walk: Walk) -> None:
    """Type, arrow down, Enter; Escape closes the list and keeps what was typed."""
    page.goto(walk.address)
    field = page.get_by_role("combobox", name="Daten, Messort oder Begriff suchen")
    field.press_sequentially("neut")
    option = page.get_by_role("option", name=re.compile("Zählstelle Neutor"))
    expect(option).to_be_visible()
    expect(field).to_have_attribute("aria-expanded", "true")
    field.press("Escape")
    expect(option).to_be_hidden()
    expect(field).to_have_value("neut")
    field.press_sequentially("o")
    expect(option).to_be_visible()
    field.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    chosen = field.get_attribute("aria-activedescendant")
    assert chosen
    assert page.locator(f"#{chosen}").inner_text().startswith("Zählstelle Neutor")
    field.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Zählstelle Neutor")


def test_what_is_typed_while_an_answer_is_on_its_way_is_asked_for(page: Page, walk: Walk) -> None:
    """Nothing found for the letters before does not end the search for those after."""
    page.goto(walk.address)
    field = page.get_by_role("combobox", name="Daten, Messort oder Begriff suchen")

    def late(route: Route) -> None:
        field.press("Backspace")
        route.fulfill(json={"suggestions": []})

    page.route("**/vorschlaege?q=neutx", late)
    field.press_sequentially("neutx")
    expect(page.get_by_role("option", name=re.compile("Zählstelle Neutor"))).to_be_visible()


def test_the_search_works_without_javascript(browser: Browser, walk: Walk) -> None:
    """Words are found with what they mean, places with a link."""
    context = browser.new_context(java_script_enabled=False, locale="de-DE")
    page = context.new_page()
    page.goto(walk.address)
    page.get_by_label("Daten, Messort oder Begriff suchen").fill("messort")
    page.get_by_role("button", name="Suchen").click()
    page.get_by_role("link", name="Messort", exact=True).click()
    expect(page).to_have_url(re.compile(r"/glossar#messort$"))
    context.close()


def test_an_explanation_opens_by_keyboard_and_goes_with_escape(page: Page, walk: Walk) -> None:
    """It can be reached, read and put away without a mouse."""
    page.goto(walk.address + "/schnittstellen")
    word = page.locator(".sk-term a").first
    tip = page.get_by_role("tooltip").first
    expect(tip).to_be_hidden()
    word.focus()
    expect(tip).to_be_visible()
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    word.hover()
    page.mouse.move(0, 0)
    word.blur()
    word.focus()
    expect(tip).to_be_visible()
