# SPDX-License-Identifier: EUPL-1.2
"""What can be wrong with a call of an action, in the words that CKAN's clients know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stadtkern.core.problems import Problem


class ParametersRefused(Problem):
    """A parameter of this action cannot be used.

    Correct the parameters that are named.
    """

    status = 409

    def __init__(self, errors: Mapping[str, Sequence[str]]):
        super().__init__("; ".join(f"{name}: {', '.join(said)}" for name, said in errors.items()))
        self.errors = errors


class SearchQueryRefused(Problem):
    """This search query cannot be understood.

    Use `field:value`, quotation marks, ranges `[a TO b]`, AND, OR, NOT and brackets.
    """

    status = 409


class UnknownAction(Problem):
    """There is no such action.

    `help_show` explains those there are; this interface only reads.
    """

    status = 400


class BodyRefused(Problem):
    """The body of the request is not a JSON object.

    Send the parameters as a JSON object, or in the address.
    """

    status = 400


class ValueRefused(Problem):
    """A value of this call is none that the data could hold.

    Use numbers and dates within their usual ranges.
    """

    status = 409


class QueryTooExpensive(Problem):
    """This call takes too long and was stopped.

    Narrow it: fewer words, filters on columns, smaller offsets.
    """

    status = 409
