# SPDX-License-Identifier: EUPL-1.2
"""Batch bodies (clause 11): requests as parts of a multipart, and answers read from one."""

from __future__ import annotations

import email
import email.policy
import json
from dataclasses import dataclass
from typing import Any

import httpx

from conformance.service import Service

BATCH, CHANGES = "batch_36522ad7", "changeset_77162fcd"


@dataclass
class Answer:
    """One answer of a batch; `parts` are those of a change set."""

    code: int
    headers: dict[str, str]
    body: str
    content_id: str = ""

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


def request(method: str, url: str, body: object = None, *, content_id: str = "", host: str = "") -> str:
    """One request as a part."""
    lines = ["Content-Type: application/http", *([f"Content-ID: {content_id}"] if content_id else []), ""]
    lines += [f"{method} {url} HTTP/1.1", *([f"Host: {host}"] if host else [])]
    if body is None:
        return "\r\n".join([*lines, "", ""])
    text = json.dumps(body)
    return "\r\n".join([*lines, "Content-Type: application/json", f"Content-Length: {len(text)}", "", text])


def change_set(*parts: str) -> str:
    """Requests that succeed or fail together."""
    return f"Content-Type: multipart/mixed;boundary={CHANGES}\r\n\r\n" + _joined(parts, CHANGES)


def _joined(parts: tuple[str, ...], boundary: str) -> str:
    return "".join(f"--{boundary}\r\n{part}\r\n" for part in parts) + f"--{boundary}--\r\n"


def send(sta: Service, *parts: str) -> httpx.Response:
    """POST of a batch."""
    return sta.http.post(
        sta.url("$batch"),
        content=_joined(parts, BATCH).encode(),
        headers={"Content-Type": f"multipart/mixed;boundary={BATCH}"},
    )


def answers(response: httpx.Response) -> list[Answer | list[Answer]]:
    """The answers in their order; those of a change set as a list."""
    assert response.status_code == 200, f"$batch answered {response.status_code}: {response.text[:300]}"
    kind = response.headers["Content-Type"]
    assert kind.startswith("multipart/mixed"), kind
    head = f"Content-Type: {kind}\r\n\r\n".encode()
    message = email.message_from_bytes(head + response.content, policy=email.policy.HTTP)
    return [
        [_answer(inner) for inner in part.iter_parts()] if part.is_multipart() else _answer(part)
        for part in message.iter_parts()
    ]


def _answer(part: Any) -> Answer:
    assert part.get_content_type() == "application/http", part.get_content_type()
    text = part.get_payload(decode=True).decode().replace("\r\n", "\n")
    head, _, body = text.partition("\n\n")
    status, *lines = head.split("\n")
    assert status.upper().startswith("HTTP/1."), status
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    return Answer(int(status.split()[1]), headers, body, str(part.get("Content-ID", "")))
