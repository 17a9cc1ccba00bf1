# SPDX-License-Identifier: EUPL-1.2
"""What can be wrong with a batch as such, each with the place and the remedy."""

from __future__ import annotations

from stadtkern.core import problems


class BrokenBatch(problems.Problem):
    """The batch cannot be taken apart.

    Nothing of it was carried out. Correct the place named; docs/api.md shows both forms, multipart and JSON.
    """


class BatchTooLarge(problems.Problem):
    """The batch is larger than this address takes.

    Nothing of it was carried out. Send it in several batches; many observations go to /CreateObservations.
    """

    status = 413


class WrongBatchType(problems.Problem):
    """A batch comes as `multipart/mixed` or as JSON.

    Send `Content-Type: multipart/mixed;boundary=…` or `Content-Type: application/json`.
    """

    status = 415


class UnknownPart(problems.Problem):
    """The part refers to another one that it cannot refer to.

    Refer to a part that stands before and makes, changes or reads one entity; `$id` stands for that entity.
    """


class PartDependsOnFailed(problems.Problem):
    """The part was not carried out, since one that it depends on failed.

    Correct the part named and send both again.
    """

    status = 424


class NotInBatch(problems.Problem):
    """This cannot be part of a batch.

    Send it as a request of its own.
    """

    status = 405


class NotInChangeSet(problems.Problem):
    """This cannot be part of a change set.

    Put it beside the change set: there stand POST, PATCH, PUT and DELETE of entities, carried out together.
    """

    status = 405


class ConditionNotSupported(problems.Problem):
    """Conditions (`if`) are not evaluated.

    Leave `if` out and say with `dependsOn` which parts must succeed before.
    """

    status = 501


class PartBroke(problems.Problem):
    """Something went wrong on our side.

    Please try again; the operators find the cause in their log.
    """

    status = 500


class AnswersTooLarge(problems.Problem):
    """The answers of the batch are too large together.

    What the part writes may be stored. Ask for less in one batch, with $select or $top.
    """

    status = 422
