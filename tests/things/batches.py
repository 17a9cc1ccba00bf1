# SPDX-License-Identifier: EUPL-1.2
"""Batches as somebody would send them, and their answers taken apart."""

from __future__ import annotations

import email.parser
import json
from typing import Any

import httpx

from tests.things.factories import STA, City

MIXED = {"Content-Type": "multipart/mixed;boundary=batch_1"}


def request(line: str, body: Any = None, *, name: str = "", end: str = "\r\n", headers: str = "") -> str:
    """A part with one request."""
    head = ["Content-Type: application/http", *([f"Content-ID: {name}"] if name else []), ""]
    text = "" if body is None else body if isinstance(body, str) else json.dumps(body)
    inner = [line, "Host: localhost", "Content-Type: application/json"]
    inner += [headers] if headers else []
    return end.join([*head, *inner, "", text]) + end


def mixed(*texts: str, mark: str = "batch_1", end: str = "\r\n") -> str:
    """Parts between boundaries."""
    return "".join(f"--{mark}{end}{text}" for text in texts) + f"--{mark}--{end}"


def together(*texts: str, mark: str = "changes_1", end: str = "\r\n") -> str:
    """A change set."""
    return f"Content-Type: multipart/mixed;boundary={mark}{end}{end}" + mixed(*texts, mark=mark, end=end)


async def send(city: City, body: str | bytes, **headers: str) -> httpx.Response:
    """Send a batch as multipart."""
    own = {"Authorization": f"Bearer {city.token}"} if city.token else {}
    sent = {**MIXED, **own, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return await city.client.post(f"{STA}/$batch", content=body, headers=sent)


class Answer:
    """One answer in a batch."""

    def __init__(self, message: Any):
        self.id = message["Content-ID"]
        head, _, self.text = message.get_payload().partition("\r\n\r\n")
        first, *lines = head.split("\r\n")
        self.status = int(first.split(" ")[1])
        assert first.startswith("HTTP/1.1 ")
        self.headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        assert int(self.headers.get("content-length", "0")) == len(self.text.strip("\r\n").encode())

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def answers(answer: httpx.Response) -> list[Any]:
    """The answers; those of a change set as a list."""
    assert answer.status_code == 200, answer.text
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n"
    message = email.parser.Parser().parsestr(head + answer.text)
    assert message.is_multipart()
    assert not message.defects
    return [
        [Answer(member) for member in part.get_payload()] if part.is_multipart() else Answer(part)
        for part in message.get_payload()
    ]


async def batch(city: City, *requests: dict[str, Any], status: int = 200, **headers: str) -> Any:
    """Send a batch as JSON; the answers by id."""
    answer = await city.client.post(
        f"{STA}/$batch",
        json={"requests": requests},
        headers={"Authorization": f"Bearer {city.token}", **headers},
    )
    assert answer.status_code == status, answer.text
    if status != 200:
        return answer.json()
    found = answer.json()["responses"]
    assert [item["id"] for item in found] == [item["id"] for item in requests]
    return {item["id"]: item for item in found}
