# SPDX-License-Identifier: EUPL-1.2
"""Tickets of forms that anybody may send: how old they are, and which one a form goes on with."""

from __future__ import annotations

import time

import pytest
from django.core import signing

from stadtkern.ui import guard
from stadtkern.ui.fields import Guarded


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which is the last of these."""
    instants = [1_795_000_000.9]
    monkeypatch.setattr(time, "time", lambda: instants[-1])
    return instants


def test_a_ticket_is_no_older_than_it_is(clock: list[float]) -> None:
    """Also where a second has just begun; programs that answer at once are told from people."""
    ticket = guard.ticket()
    clock.append(clock[0] + 0.2)
    assert guard.age(ticket) == pytest.approx(0.2, abs=0.01)
    assert guard.age(ticket + "x") is None


def test_a_ticket_of_an_earlier_version_is_none_of_ours() -> None:
    """A page that was open while the software was renewed is answered, not broken."""
    before = signing.TimestampSigner(salt="ui.guard").sign("a")
    assert guard.age(before) is None
    assert not Guarded({"ticket": before}).is_valid()


def test_a_form_goes_on_with_its_ticket_only_while_that_can_be_used(clock: list[float]) -> None:
    """Whoever was too fast waits no longer; whose clock was set back meanwhile is not kept out by that."""
    ticket = guard.ticket()
    for later, kept in ((0.2, True), (86_399.0, True), (86_401.0, False), (-3_600.0, False)):
        clock.append(clock[0] + later)
        form = Guarded({"ticket": ticket})
        assert (form.next_ticket == ticket) is kept, later
        assert form.is_valid() is (later == 86_399.0)
    following = form.next_ticket
    clock.append(clock[-1] + guard.TOO_FAST)
    assert Guarded({"ticket": following}).is_valid()
    for foreign in ("", "x", "a:b:c", "9" * 5_000, ticket + " ", "\0"):
        assert Guarded({"ticket": foreign}).next_ticket not in (foreign, ticket)
