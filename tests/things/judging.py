# SPDX-License-Identifier: EUPL-1.2
"""What every answer of the service must be, whatever was asked."""

from __future__ import annotations

import json
from typing import Any

import httpx
import psycopg

TABLES = (
    "thing",
    "location",
    "thing_location",
    "historical_location",
    "sensor",
    "observed_property",
    "datastream",
    "datastream_property",
    "feature_of_interest",
    "observation",
)
# 18-088, 9.3.3.1: what a service does not support it answers with 501.
UNSUPPORTED = 501


def check(answer: httpx.Response) -> httpx.Response:
    """Fail unless the answer is a success or a refusal that says what, where and how to mend it."""
    told = (
        f"{answer.request.method} {str(answer.request.url)[:600]} -> {answer.status_code} {answer.text[:600]}"
    )
    assert 200 <= answer.status_code < 500 or answer.status_code == UNSUPPORTED, told
    if answer.status_code < 300:
        return answer
    document: dict[str, Any] = json.loads(answer.content)
    assert document["code"] == document["status"] == answer.status_code, told
    assert document["type"] == "error", told
    assert document["message"], told
    assert document["remedy"], told
    assert "Traceback" not in answer.text, told
    return answer


async def rows(url: str) -> dict[str, int]:
    """How many rows each table of the entities holds."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        counts = [f"(select count(*) from things.{name})" for name in TABLES]
        found = await (await connection.execute("select " + ", ".join(counts))).fetchone()
    return dict(zip(TABLES, found or (), strict=True))
