# SPDX-License-Identifier: EUPL-1.2
"""The port: taken once by the supervisor and handed on; callers wait while a process is replaced."""

from __future__ import annotations

import errno
import socket
import time

from stadtkern.core import problems
from stadtkern.core.settings import Settings

BACKLOG = 1024
_PATIENCE_SECONDS = 3.0


class PortInUse(problems.Problem):
    """Another program already listens on this port.

    Choose another one, for example `make demo PORT=8001`.
    """


class PortForbidden(problems.Problem):
    """The operating system does not let us listen on this port.

    Ports below 1024 need special rights; choose another one, for example `make demo PORT=8001`.
    """


class AddressUnusable(problems.Problem):
    """We cannot listen on this address.

    Set STADTKERN_HOST to an address of this machine, for example 127.0.0.1.
    """


def listen(settings: Settings, *, patience: float = _PATIENCE_SECONDS) -> socket.socket:
    """Listen on the port; children of a supervisor that was killed a moment ago are given time to end.

    Raises PortInUse, PortForbidden or AddressUnusable.
    """
    until = time.monotonic() + patience
    while True:
        held = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
        try:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            held.bind((settings.host, settings.port))
            held.listen(BACKLOG)
        except OSError as error:
            held.close()
            if error.errno == errno.EADDRINUSE and time.monotonic() < until:
                time.sleep(0.1)
                continue
            raise _problem(error, settings) from error
        held.setblocking(False)
        return held


def _problem(error: OSError, settings: Settings) -> problems.Problem:
    if isinstance(error, PermissionError):
        return PortForbidden(f"{settings.host}:{settings.port}")
    if error.errno == errno.EADDRINUSE:
        return PortInUse(f"{settings.host}:{settings.port}")
    return AddressUnusable(f"{settings.host}: {error.strerror or error}")
