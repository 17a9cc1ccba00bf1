# SPDX-License-Identifier: EUPL-1.2
"""How many clients may come to our own MQTT door, so that nobody takes all places."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING

from stadtkern.core import problems
from stadtkern.ingest.doors import packets
from stadtkern.ingest.doors.packets import Connect

if TYPE_CHECKING:
    from stadtkern.ingest.doors.connection import Connection


_LONGEST_NAME = 128


class TooManyClients(problems.Problem):
    """As many MQTT clients are connected as may be.

    Try again later, use a token, or raise STADTKERN_MQTT_CLIENTS.
    """

    status = 503


class InvalidClientId(problems.Problem):
    """This client identifier cannot be used.

    Choose one of 1 to 128 characters; without one the session must be a clean one.
    """


def name(connect: Connect) -> str:
    """What a client is called, by itself or by us. Raises InvalidClientId."""
    given = connect.client_id
    if len(given) > _LONGEST_NAME or (not given and connect.version == packets.V3 and not connect.clean):
        raise InvalidClientId()
    return given or f"auto-{secrets.token_hex(8)}"


class Places:
    """Of all places a tenth is for the strangers of one address, three quarters are for all of them.

    A stranger has no token, or has not said so yet. Addresses are networks (/24, /48), as in the log.
    """

    def __init__(self, most: int):
        self._most = most
        self.of_one = max(1, most // 10)
        self._of_strangers = max(1, most * 3 // 4)

    def free(self, lines: Iterable[Connection], *, address: str) -> bool:
        """Whether one more from there may come who has not said anything yet."""
        silent = sum(line.session is None and line.address == address for line in lines)
        return silent <= self.of_one

    def check(self, lines: Iterable[Connection], *, address: str, stranger: bool) -> None:
        """Raise TooManyClients where somebody who has said who he is finds no place."""
        there = [line.session for line in lines if line.session is not None]
        if len(there) >= self._most:
            raise TooManyClients()
        if not stranger:
            return
        strangers = [session for session in there if session.principal.token_id is None]
        if len(strangers) >= self._of_strangers:
            raise TooManyClients("the other places are for tokens")
        if sum(session.address == address for session in strangers) >= self.of_one:
            raise TooManyClients(f"{self.of_one} without a token may come from one network")
