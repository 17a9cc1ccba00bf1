# SPDX-License-Identifier: EUPL-1.2
"""A chart in other people's pages: public, without cookies and script, and only what everybody may see."""

from __future__ import annotations

import pytest
from django.test import AsyncClient

from stadtkern.core.database import Connection
from tests import people
from tests.insights import factories

pytestmark = pytest.mark.anyio


async def test_others_may_frame_the_chart_and_nothing_else(
    visitor: AsyncClient, town: factories.Town
) -> None:
    """The chart says source and way back; the page of the series itself stays unframed."""
    page = f"/messreihen/{town.streams['Fahrräder Promenade']}"
    answer = await visitor.get(f"{page}/einbetten?zeitraum=woche")
    assert answer.status_code == 200
    policy = answer["Content-Security-Policy"]
    assert "frame-ancestors *" in policy
    assert "script-src 'none'" in policy
    assert not answer.cookies
    text = answer.content.decode()
    assert '<svg class="sk-chart' in text
    assert "<script" not in text
    assert "Stadt Beispiel" in text
    around = await visitor.get(page)
    assert "frame-ancestors 'none'" in around["Content-Security-Policy"]
    text = around.content.decode()
    assert "/einbetten?" in text
    assert "&lt;iframe" in text  # lines to copy, not a frame
    assert "<iframe" not in text


async def test_what_not_everybody_sees_is_not_embedded(
    visitor: AsyncClient, town: factories.Town, connection: Connection
) -> None:
    """Also not for those who are signed in, whose cookie a frame might carry; and no lines to copy."""
    page = f"/messreihen/{town.streams['Fahrräder Promenade']}"
    insider = await people.person(connection, role="reader")
    await connection.execute(
        "UPDATE core.dataset SET room_id = (SELECT id FROM core.room WHERE key = 'internal')"
    )
    try:
        visitor.cookies["sessionid"] = insider.cookie
        seen = await visitor.get(page)
        assert seen.status_code == 200
        assert "/einbetten" not in seen.content.decode()
        assert (await visitor.get(f"{page}/einbetten")).status_code == 404
    finally:
        await connection.execute(
            "UPDATE core.dataset SET room_id = (SELECT id FROM core.room WHERE key = 'public')"
        )
