# SPDX-License-Identifier: EUPL-1.2
"""The city's name, colour and logo: a colour that cannot be read is refused, a picture that is none, too."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import AsyncClient
from hypothesis import given
from hypothesis import strategies as st

from stadtkern.city import logo
from stadtkern.core.database import Connection
from stadtkern.ui import colours
from tests import people

pytestmark = pytest.mark.anyio
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
LOOKS = {"name": "Neustadt", "accent": "#7a1fa2", "imprint_url": "https://stadt.example/impressum"}


def test_contrast_is_that_of_wcag() -> None:
    """Black on white is 21 to 1; a known pair of the standard's own tools."""
    assert colours.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colours.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@given(st.integers(0, 0xFFFFFF))
def test_every_colour_leads_to_shades_that_can_be_read(number: int) -> None:
    """The nearest readable one is taken, and reads on each ground of light and dark pages."""
    found = colours.shades(colours.readable(f"#{number:06x}"))
    for ground in ("#ffffff", "#f6f6f4"):
        assert colours.contrast(found.light, ground) >= 4.5
    for ground in ("#111315", "#1a1d20", "#23272b"):
        assert colours.contrast(found.dark, ground) >= 4.5
    assert colours.contrast(found.on_light, found.light) >= 4.5
    assert colours.contrast(found.on_dark, found.dark) >= 4.5


def test_a_pale_colour_is_refused_with_the_nearest_that_is_not() -> None:
    """And what is no colour at all never reaches a stylesheet."""
    with pytest.raises(colours.ColourIsTooPale) as refused:
        colours.shades("#ffe000")
    assert colours.shades(refused.value.detail).light == refused.value.detail
    with pytest.raises(ValueError, match="red;"):
        colours.stylesheet("red;}body{display:none")


async def _sent(client: AsyncClient, **more: Any) -> Any:
    return await client.post("/arbeit/auftritt", {**LOOKS, **more})


async def _administrator(pages: AsyncClient, connection: Connection) -> None:
    who = await people.person(connection, role="administrator", organisation_id=await people.city(connection))
    pages.cookies["sessionid"] = who.cookie


async def test_an_administrator_of_the_city_changes_its_looks(
    pages: AsyncClient, connection: Connection
) -> None:
    """Name, colour and logo on the next page; the logo is served harmlessly and can be removed."""
    await _administrator(pages, connection)
    wappen = SimpleUploadedFile("wappen.png", PNG)
    answer = await _sent(pages, picture=wappen, accessibility_checked="2026-11-20")
    assert answer.status_code == 302, answer.content.decode()
    pages.cookies.clear()
    front = (await pages.get("/ueber")).content.decode()
    assert "<span>Neustadt</span>" in front
    assert "/auftritt.css?v=7a1fa2" in front
    assert 'href="https://stadt.example/impressum"' in front
    statement = (await pages.get("/barrierefreiheit")).content.decode()
    assert "zuletzt am 20. November 2026 geprüft" in statement
    style = await pages.get("/auftritt.css?v=7a1fa2")
    assert "--sk-accent:#7a1fa2" in style.content.decode()
    assert "immutable" in style["Cache-Control"]
    picture = await pages.get("/auftritt/logo")
    assert (picture["Content-Type"], picture.content) == ("image/png", PNG)
    assert picture["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in picture["Content-Security-Policy"]
    await _administrator(pages, connection)
    assert (await _sent(pages, without="on")).status_code == 302
    assert (await pages.get("/auftritt/logo")).status_code == 404
    assert "sk-brand__mark" in (await pages.get("/ueber")).content.decode()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"accent": "#ffe000"}, "zu blass"),
        ({"accent": "#12345"}, "kern-error"),
        ({"accent": "red;}*{display:none}"}, "kern-error"),
        ({"name": ""}, "kern-error"),
        ({"imprint_url": "javascript:alert(1)"}, "kern-error"),
        ({"picture": b"<svg onload=alert(1)>"}, "SVG nehmen wir nicht an"),
        ({"picture": PNG + b"x" * logo.LARGEST}, "256 KiB"),
    ],
)
async def test_bad_looks_are_refused_beside_the_field(
    pages: AsyncClient, connection: Connection, wrong: dict[str, Any], says: str
) -> None:
    """Nothing of the form is stored."""
    await _administrator(pages, connection)
    before = await (await connection.execute("SELECT name, properties FROM core.city")).fetchone()
    given = {
        key: SimpleUploadedFile("x.png", value) if key == "picture" else value for key, value in wrong.items()
    }
    answer = await _sent(pages, **{"name": "Anders", **given})
    assert answer.status_code == 200
    assert says in answer.content.decode()
    assert await (await connection.execute("SELECT name, properties FROM core.city")).fetchone() == before


async def test_only_administrators_of_the_city_set_its_looks(
    pages: AsyncClient, connection: Connection
) -> None:
    """One of a department or partner may not."""
    await people.signed_in(connection, pages, role="administrator")
    assert (await pages.get("/arbeit/auftritt")).status_code == 403
    assert (await _sent(pages, name="Feindlich")).status_code == 403
    row = await (await connection.execute("SELECT name FROM core.city")).fetchone()
    assert row != ("Feindlich",)
