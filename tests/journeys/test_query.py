# SPDX-License-Identifier: EUPL-1.2
"""Somebody who wants the data puts a query together, looks at the answer and takes the address along."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Walk

PATH = "/schnittstellen/daten-api"
_FINE = re.compile(r"^200 ")


def test_a_query_is_put_together_run_and_taken_along(page: Page, walk: Walk) -> None:
    """By keyboard as well as by mouse; address, code and the page's own address follow the form."""
    stream = walk.streams["Fahrräder Neutor"]
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(walk.address + PATH)
    expect(page.get_by_label("$aggregate")).to_be_hidden()
    page.get_by_label("Was?").select_option("Datastreams")
    page.get_by_label("Nummer").fill(str(stream))
    page.get_by_label("und davon").select_option("Observations")
    page.get_by_label("$aggregate").fill("hour(mean,max)")
    page.keyboard.press("Enter")
    told = page.get_by_role("status")
    expect(told).to_have_text(_FINE)
    expect(page.locator("[data-body]")).to_contain_text('"bucket": "PT1H"')
    query = f"Datastreams({stream})/Observations?$aggregate=hour(mean,max)&$top=5"
    expect(page.locator("#adresse")).to_have_text(re.compile(re.escape(query) + "$"))
    expect(page.locator("#curl")).to_contain_text(query)
    assert page.url.endswith(f"#{query}")

    before = page.locator("[data-body]").inner_text()
    page.get_by_role("button", name="Nächste Seite abfragen").click()
    expect(page.locator("[data-body]")).not_to_have_text(before, use_inner_text=True)
    page.reload()
    expect(page.get_by_label("$aggregate")).to_have_value("hour(mean,max)")
    expect(told).to_have_text(_FINE)
    assert complaints == []


def test_a_wrong_query_says_how_to_mend_it(page: Page, walk: Walk) -> None:
    """The service's own words, with the remedy."""
    page.goto(walk.address + PATH)
    page.get_by_label("$filter").fill("name eqq 'x'")
    page.get_by_role("button", name="Abfragen", exact=True).click()
    expect(page.get_by_role("status")).to_have_text(re.compile("^400 "))
    expect(page.locator("[data-body]")).to_contain_text("remedy")


def test_every_ready_made_query_has_an_answer(page: Page, walk: Walk) -> None:
    """A click puts it into the form and runs it; the page is not left."""
    page.goto(walk.address + PATH)
    examples = page.locator("[data-example]")
    assert examples.count() >= 8
    for number in range(examples.count()):
        page.locator("[data-told]").evaluate("element => element.textContent = ''")
        examples.nth(number).click()
        expect(page.get_by_role("status")).to_have_text(_FINE)
        assert PATH in page.url
    page.get_by_label("Format").select_option("CSV")
    expect(page.locator("#python")).to_contain_text("pandas.read_csv")


def test_without_scripts_it_is_a_page_of_links(browser: Browser, walk: Walk) -> None:
    """No form that does nothing, but every set and example can be opened; in English too."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(walk.address + "/en" + PATH)
    expect(page.get_by_role("heading", level=1)).to_have_text("Data API: try out queries")
    expect(page.locator("form[data-query]")).to_be_hidden()
    for link in page.locator("main li a[data-example], main table a").all():
        answer = page.request.get(f"{walk.address}{link.get_attribute('href')}")
        assert answer.status == 200
    context.close()
