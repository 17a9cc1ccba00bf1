# SPDX-License-Identifier: EUPL-1.2
"""Clients that load pages one after the other, in a process of their own (`python -m bench.readers`)."""

from __future__ import annotations

import contextlib
import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence


@contextlib.contextmanager
def loading(*, port: int, paths: Sequence[str], clients: int = 4) -> Iterator[dict[str, float]]:
    """Load pages until the block ends; then the yielded dict holds `pages` per second and `failed`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.readers", str(port), str(clients), *paths],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    outcome: dict[str, float] = {}
    try:
        yield outcome
    finally:
        answer, _ = process.communicate("stop\n", timeout=60)
        outcome.update(json.loads(answer))


def _main(port: int, clients: int, paths: Sequence[str]) -> None:
    stop = threading.Event()
    counts: list[tuple[int, int]] = []

    def read() -> None:
        pages = failed = 0
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while not stop.is_set():
            connection.request("GET", paths[pages % len(paths)], headers={"Accept-Encoding": "gzip"})
            answer = connection.getresponse()
            answer.read()
            failed += answer.status != 200
            pages += 1
        counts.append((pages, failed))

    threads = [threading.Thread(target=read) for _ in range(clients)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    sys.stdin.readline()
    stop.set()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - began
    print(json.dumps({"pages": sum(n for n, _ in counts) / seconds, "failed": sum(n for _, n in counts)}))


if __name__ == "__main__":
    _main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
