# SPDX-License-Identifier: EUPL-1.2
"""What can go wrong when entities are read."""

from __future__ import annotations

from stadtkern.core import problems


class NoSuchEntity(problems.Problem):
    """There is no such entity.

    Check the id; what you may not see is also answered this way.
    """

    status = 404


class NoValue(problems.Problem):
    """The property has no value.

    Ask for the whole entity to see what it has.
    """

    status = 204


class QueryTooExpensive(problems.Problem):
    """The query would take too long.

    Narrow it: begin at one Datastream (Datastreams(1)/Observations), add a span of phenomenonTime to $filter,
    or sort by phenomenonTime.
    """

    status = 422


class TooManyPlaces(problems.Problem):
    """The query would have to compare too many geometries.

    Ask for a smaller area or a shorter distance, which leaves fewer candidates.
    """

    status = 422


class AnswerTooLarge(problems.Problem):
    """The answer would be too large.

    Use a smaller $top, or less in $expand.
    """

    status = 422


class ForeignToken(problems.Problem):
    """The $skiptoken does not belong to this query.

    Follow @iot.nextLink as it stands, without changing $orderby.
    """


class UnusableValue(problems.Problem):
    """The database cannot compute with a value of this query.

    Check the numbers and dates in $filter: they may be out of range.
    """
