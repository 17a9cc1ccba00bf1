# SPDX-License-Identifier: EUPL-1.2
"""The load generator understands answers however they are cut, and counts what it should."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from bench import load

_PLAIN = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok"
_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
_REFUSED = b"HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n\r\n"


@pytest.fixture
def echo() -> Iterator[int]:
    """A server that answers each request with the request's own body, cut into pieces."""
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def serve(line: socket.socket) -> None:
        with line:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while request := line.recv(65536):
                answer = request.partition(b"\r\n\r\n")[2]
                for at in range(0, len(answer), 40):
                    line.sendall(answer[at : at + 40])

    def accept() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=serve, args=(line,)))
            threads[-1].start()

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    for thread in [acceptor, *threads]:
        thread.join()


@pytest.mark.parametrize(
    ("answer", "status", "counted"), [(_PLAIN, 201, True), (_CHUNKED, 200, True), (_REFUSED, 429, False)]
)
def test_whole_answers_are_counted_by_status(echo: int, answer: bytes, status: int, counted: bool) -> None:
    """Refusals are seen, but do not count as work done."""
    request = load.post(path="/", body=answer)
    outcome = load.run(port=echo, request=lambda _: request, connections=3, seconds=0.5, warm_up=0.0)
    assert set(outcome.statuses) == {status}
    assert outcome.statuses[status] >= 3
    assert bool(outcome.latencies) is counted


def test_every_request_number_is_sent_once(echo: int) -> None:
    """So that a benchmark can count rows afterwards."""
    numbers: list[int] = []

    def request(number: int) -> bytes:
        numbers.append(number)
        return load.post(path="/", body=_PLAIN)

    outcome = load.run(port=echo, request=request, connections=4, seconds=0.3, warm_up=0.0)
    assert numbers == list(range(len(numbers)))
    assert outcome.statuses[201] == len(numbers)
