# SPDX-License-Identifier: EUPL-1.2
"""What can be wrong with a backup or its restoration."""

from __future__ import annotations

from stadtkern.core import problems


class BackupFailed(problems.Problem):
    """The backup could not be made.

    Nothing was left behind, and a file of that name is as it was. Mend what is named and begin again.
    """

    status = 500


class NotABackup(problems.Problem):
    """This file is not a backup of Stadtkern, or not a whole one.

    Choose a file that `stadtkern backup` has made, from its first to its last byte.
    """


class BackupDamaged(problems.Problem):
    """The content of this backup is not what was written.

    Take another backup; find out what has changed this one (a disk, a copy that was broken off).
    """


class MadeByNewerVersion(problems.Problem):
    """This backup was made by a newer version of Stadtkern.

    Install that version, or a later one, and restore with it.
    """


class RestoreFailed(problems.Problem):
    """The backup could not be restored.

    What was there before is as it was. Mend what is named and begin again.
    """

    status = 500


class RestoredDiffers(problems.Problem):
    """What was restored is not what was backed up.

    What was there before is as it was. Take another backup, and keep this one to look for the reason.
    """

    status = 500


class NotEmpty(problems.Problem):
    """This installation holds data already.

    Name an empty data folder with `--data`, or have its content replaced with `--replace`.
    """

    status = 409


class NeedsEmptyDatabase(problems.Problem):
    """The role of this database may not create another one beside it, so nothing can be replaced.

    Create an empty database and name it in STADTKERN_DATABASE_URL, or allow the role to create databases.
    """

    status = 409
