# SPDX-License-Identifier: EUPL-1.2
"""The account that signs in; what it may do hangs on the person behind it, in `core` and `identity`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import connection, models, transaction

from stadtkern.core import statements


class UserManager(BaseUserManager["User"]):
    """Finds accounts by e-mail address, however it is spelled."""

    def get_by_natural_key(self, username: str | None) -> User:
        """The account with this address."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """E-mail address, password and name. Saving it keeps the person behind it up to date."""

    email: models.EmailField[str, str] = models.EmailField(unique=True)
    name: models.CharField[str, str] = models.CharField(max_length=200, blank=True)
    is_active: models.BooleanField[bool, bool] = models.BooleanField(default=True)
    created_at: models.DateTimeField[datetime, datetime] = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        """In the schema `web`, like all that Django keeps."""

        app_label = "identity"

    def __str__(self) -> str:
        return self.name or self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write the account, and the person with it, or neither."""
        self.email = self.email.lower()
        with transaction.atomic():
            super().save(*args, **kwargs)
            _keep_person(self)


def _keep_person(user: User) -> None:
    values = {"user_id": user.pk, "email": user.email, "name": user.name or user.email.partition("@")[0]}
    sql = statements.load("identity")
    with connection.cursor() as cursor:
        cursor.execute(sql["update_person"], values)
        if cursor.fetchone() is None:
            cursor.execute(sql["create_person"], values)
