# SPDX-License-Identifier: EUPL-1.2
"""A real installation with a small town in it, and Debian's chromium to walk through it."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from aiosmtpd import smtp
from aiosmtpd.controller import Controller
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from stadtkern.core import access, database, times, tokens
from tests import mails, running
from tests.insights import factories
from tools.browser import program

ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules/axe-core/axe.min.js"
CHROMIUM = program()
# Milliseconds. A slow machine is no failure: these bounds are reached only where something never comes.
_STEP, _PAGE, _SIGHT = 60_000, 90_000, 30_000
_MAIL = 120.0  # seconds
expect.set_options(timeout=_SIGHT)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every journey; without a browser they are skipped, and say so (or fail where that was asked)."""
    if CHROMIUM is None and os.environ.get("STADTKERN_TEST_BROWSER") == "required":
        raise pytest.UsageError("STADTKERN_TEST_BROWSER=required, and there is no chromium")
    for item in items:
        if ROOT / "tests/journeys" in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(
                    pytest.mark.skip(
                        reason="NO BROWSER: install Debian's `chromium-headless-shell` to run journeys"
                    )
                )


class Walk(msgspec.Struct, frozen=True):
    """Where the journey goes: address, small town, a token to write with, database, process of pages."""

    address: str
    things: dict[str, int]
    streams: dict[str, int]
    token: str
    database_url: str
    web: int

    def seconds(self) -> float:
        """Processor time that its pages have taken so far, whatever else runs on this machine."""
        fields = Path(f"/proc/{self.web}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Letters(mails.Box):
    """A mail server in a thread of its own; what comes can be waited for from outside."""

    def __init__(self) -> None:
        super().__init__()
        self._fresh = threading.Condition()

    async def handle_DATA(  # noqa: N802  (aiosmtpd's name)
        self, server: smtp.SMTP, session: smtp.Session, envelope: smtp.Envelope
    ) -> str:
        """Take a mail, and say so."""
        with self._fresh:
            said = await super().handle_DATA(server, session, envelope)
            self._fresh.notify_all()
        return said

    def of(self, address: str) -> str:
        """The newest mail to somebody, as soon as there is one."""
        with self._fresh:
            assert self._fresh.wait_for(lambda: address in self.to, timeout=_MAIL)
            return self.text(len(self.to) - 1 - self.to[::-1].index(address))


@pytest.fixture(scope="session")
def letters() -> Iterator[Letters]:
    """Where the mails of the installation arrive."""
    box = Letters()
    box.port = running.free_port()
    server = Controller(box, hostname="127.0.0.1", port=box.port, enable_SMTPUTF8=False)
    server.start()
    yield box
    server.stop()


@pytest.fixture(scope="session")
def walk(letters: Letters) -> Iterator[Walk]:
    """`stadtkern serve` on a free port, with values up to now; visitors say from where they come."""
    with running.installation() as installation:
        with pytest.MonkeyPatch.context() as patched:  # what other modules start has neither
            patched.setenv("STADTKERN_TRUSTED_PROXIES", "127.0.0.1")
            patched.setenv("STADTKERN_MAIL_URL", f"smtp://127.0.0.1:{letters.port}")
            installation.start()
        # Playwright's own loop may already run in this thread.
        with ThreadPoolExecutor(1) as aside:
            town, secret = aside.submit(asyncio.run, _fill(installation.database_url)).result()
        installation.wait_for(lambda: "web" in installation.children())
        yield Walk(
            installation.address,
            town.things,
            town.streams,
            secret,
            installation.database_url,
            installation.children()["web"],
        )


async def _fill(url: str) -> tuple[factories.Town, str]:
    async with await database.connect(url=url, autocommit=True) as connection:
        town = await factories.small_town(connection, now=times.now())
        made = await tokens.create(
            connection,
            name="journey",
            scopes={town.dataset_id: access.VERBS},
            default_dataset_id=town.dataset_id,
        )
        return town, made.secret


# Per module: while the driver runs, its own loop runs in this thread, and other tests could not run theirs.
@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Playwright's driver."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Debian's chromium."""
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage",
                 "--enable-unsafe-swiftshader", "--disable-background-networking"]  # fmt: skip
    launched = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
    launched.on("context", _patient)
    yield launched
    launched.close()


def _patient(context: BrowserContext) -> None:
    context.set_default_timeout(_STEP)
    context.set_default_navigation_timeout(_PAGE)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh visitor at a desk."""
    opened = browser.new_context(viewport={"width": 1280, "height": 900}, locale="de-DE")
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A fresh page."""
    return context.new_page()
