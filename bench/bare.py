# SPDX-License-Identifier: EUPL-1.2
"""The reference for HTTP: the same server with nothing behind it (`python -m bench.bare PORT`)."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import msgspec

from stadtkern.serve import runner

_PAUSE = 0.02


async def application(scope: Any, receive: Any, send: Any) -> None:
    """POST: read JSON, answer 201. GET /n: answer n bytes."""
    if scope["type"] != "http":
        return
    body = b""
    if scope["method"] == "POST":
        msgspec.json.decode((await receive())["body"])
    else:
        body = b"x" * int(scope["path"].strip("/") or 0)
    length = str(len(body)).encode()
    await send(
        {
            "type": "http.response.start",
            "status": 201 if scope["method"] == "POST" else 200,
            "headers": [(b"content-length", length), (b"location", b"/1")],
        }
    )
    await send({"type": "http.response.body", "body": body})


@contextlib.contextmanager
def serving(*, port: int) -> Iterator[int]:
    """Run the bare server in a process of its own; yields its process number."""
    process = subprocess.Popen([sys.executable, "-m", "bench.bare", str(port)])
    try:
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            if process.poll() is not None:
                raise RuntimeError("the bare server did not start")
            time.sleep(_PAUSE)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def _main(port: int) -> None:
    async def main(stop: asyncio.Event) -> None:
        await runner.serve(application, stop=stop, port=port)

    runner.run(main)


if __name__ == "__main__":
    _main(int(sys.argv[1]))
