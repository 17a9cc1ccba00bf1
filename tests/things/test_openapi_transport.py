# SPDX-License-Identifier: EUPL-1.2
"""What no well-behaved client sends: broken addresses, bodies over the limit, connections that end."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.applications import Starlette

from tests.things.factories import STA, City, thing

pytestmark = pytest.mark.anyio
Message = dict[str, Any]


async def _raw(
    app: Starlette,
    method: str,
    path: str,
    query: bytes,
    messages: list[Message],
    headers: list[tuple[bytes, bytes]],
) -> tuple[int, dict[str, Any]]:
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode("utf-8", "surrogatepass"),
        "root_path": "",
        "query_string": query,
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("testserver", 80),
    }
    sent: list[Message] = []
    waiting = iter(messages)

    async def receive() -> Message:
        return next(waiting, {"type": "http.disconnect"})

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], json.loads(body)


def _body(*parts: bytes) -> list[Message]:
    last = len(parts) - 1
    return [{"type": "http.request", "body": part, "more_body": i < last} for i, part in enumerate(parts)]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/Things", b"$filter=" + b"a" * 1_000_000),
        ("/Things", b"$filter=name%20eq%20%27%ff%27"),
        ("/Things", b"$filter=%zz"),
        ("/Things", b"$filter=%00"),
        ("/Things", b"$filter=name%20eq%20'\xff\xfe"),
        ("/Things", b"$top=1&$top=2"),
        ("/Things", b"$filter=" + b"(" * 7_000),
        ("/Things", b"$filter=" + b"not%20" * 1_000 + b"true"),
        ("/Things", b"$filter=" + b"-" * 7_000 + b"1%20eq%201"),
        ("/Things", b"$expand=" + b"Datastreams/Thing/" * 500),
        ("/Things", b"$expand=" + b"Datastreams($expand=Thing(" * 200),
        ("/Things", b"$orderby=" + b"name," * 1_500 + b"name"),
        ("/Things", b"$filter=id%20in%20(" + b"1," * 1_500 + b"1)"),
        ("/Things", b"&" * 15_000 + b"$unknown=1"),
        ("/Things" + "(1)/Datastreams" * 2_000, b""),
        ("/Things(" + "9" * 5_000 + ")", b""),
        ("/Things(1)/properties/" + "a/" * 1_000, b""),
        ("/\x00", b""),
        ("/Things(1\x00)", b""),
        ("/\udcff", b""),
        ("/../../etc/passwd", b""),
    ],
    ids=lambda x: repr(x)[:36],
)
async def test_absurd_addresses_are_refused(app: Starlette, path: str, query: bytes) -> None:
    status, document = await _raw(app, "GET", STA + path, query, _body(b""), [])
    assert 400 <= status < 500, document
    assert document["code"] == status
    assert document["message"]
    assert document["remedy"]


@pytest.mark.parametrize("path", ["Things", "Observations", "CreateObservations"])
@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_over_the_limit_is_refused_before_it_is_kept(
    app: Starlette, token: str, path: str, *, announced: bool
) -> None:
    limit = (
        app.state.settings.bulk_body_limit if path == "CreateObservations" else app.state.settings.body_limit
    )
    headers = [(b"authorization", f"Bearer {token}".encode())]
    if announced:
        headers.append((b"content-length", str(limit + 1).encode()))
    part = b" " * (limit // 4)
    parts = [b"["] if announced else [part] * 5
    status, document = await _raw(app, "POST", f"{STA}/{path}", b"", _body(*parts), headers)
    assert (status, document["limit"]) == (413, limit)
    assert document["remedy"]


async def test_a_connection_that_ends_within_the_body_stores_nothing(
    app: Starlette, token: str, city: City
) -> None:
    begun = json.dumps(thing(name="half")).encode()
    messages = [{"type": "http.request", "body": begun, "more_body": True}]
    headers = [(b"authorization", f"Bearer {token}".encode())]
    status, _ = await _raw(app, "POST", f"{STA}/Things", b"", messages, headers)
    assert status == 400
    assert await city.values("Things?$filter=name eq 'half'") == []


@pytest.mark.parametrize(
    "header", ["", "Basic x", "Bearer", "Bearer \xff", "Bearer sk_unknown", "x" * 10_000]
)
async def test_a_wrong_token_is_refused(app: Starlette, header: str) -> None:
    headers = [(b"authorization", header.encode("latin-1"))]
    body = _body(json.dumps(thing()).encode())
    status, document = await _raw(app, "POST", f"{STA}/Things", b"", body, headers)
    assert (status, document["code"]) == (401, 401)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "application/json; charset=latin-1", "\xff", "/", ";"]
)
async def test_a_body_is_read_only_where_it_is_called_json(app: Starlette, token: str, kind: str) -> None:
    headers = [(b"authorization", f"Bearer {token}".encode()), (b"content-type", kind.encode("latin-1"))]
    usable = kind == ";"
    for body, wanted in (
        (json.dumps(thing()).encode(), 201 if usable else 415),
        (b"<Thing/>", 400 if usable else 415),
    ):
        status, _ = await _raw(app, "POST", f"{STA}/Things", b"", _body(body), headers)
        assert status == wanted


@pytest.mark.parametrize("method", ["TRACE", "QUERY", "CONNECT", "\x00"])
async def test_unknown_methods_are_refused(app: Starlette, method: str) -> None:
    status, document = await _raw(app, method, f"{STA}/Things", b"", _body(b""), [])
    assert (status, document["code"]) == (405, 405)
