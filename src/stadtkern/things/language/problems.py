# SPDX-License-Identifier: EUPL-1.2
"""What can be wrong with a request's address, each with the place and the remedy."""

from __future__ import annotations

from stadtkern.core import problems


class InvalidQuery(problems.Problem):
    """The query cannot be understood.

    Correct the place named; text stands in single quotes, a quote inside it is doubled.
    """


class UnknownName(problems.Problem):
    """The query names something that does not exist here.

    Use one of the names listed.
    """


class WrongType(problems.Problem):
    """The query compares or computes with values that do not fit together.

    Give both sides the same type: text in single quotes, numbers bare, times as 2026-02-26T14:58:00Z.
    """


class QueryTooLarge(problems.Problem):
    """The query is larger than the service takes.

    Split it into several requests or simplify it.
    """


class UnsupportedQuery(problems.Problem):
    """The service does not support this kind of query.

    Choose another way to ask; the documentation lists what is supported.
    """

    status = 501


class InvalidAddress(problems.Problem):
    """There is nothing at this address.

    Addresses look like /Things(1)/Datastreams(2)/Observations; the landing page lists the collections.
    """

    status = 404
