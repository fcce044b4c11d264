"""The user model: a guest with only a token or a cookie, or an account with an email address."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

GUEST_OR_EMAIL = _("손님은 이메일이 없고, 계정은 이메일이 있어야 합니다.")


class UserManager(BaseUserManager["User"]):
    """Makes users; Django's commands expect this interface."""

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """The address in lower case, so that one mailbox is one account on every database.

        The standard allows upper and lower case to differ before the @, but no common mail provider does so.
        """
        return (email or "").strip().lower()

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=self.normalize_email(username))

    def create_guest(self) -> User:
        """A person without address and password, identified only by a token or cookie."""
        guest = self.model(is_guest=True)
        guest.set_unusable_password()
        guest.save(using=self._db)
        return guest

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """An account. Raises ValueError without an address, IntegrityError when the address is taken."""
        if not email:
            raise ValueError("an account needs an email address")
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, **{**fields, "is_staff": True, "is_superuser": True})


class User(AbstractBaseUser, PermissionsMixin):
    """A person: a guest without an address, or an account with one. A constraint of the database ensures that."""

    id = models.UUIDField(_("번호"), primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(
        _("이메일"),
        unique=True,
        null=True,
        blank=True,
        error_messages={"unique": _("이미 가입된 이메일입니다.")},
    )
    is_guest = models.BooleanField(_("손님"), default=False)
    is_active = models.BooleanField(
        _("활성"), default=True, help_text=_("끄면 로그인할 수 없고 토큰도 쓸 수 없습니다. 지우는 대신 끄세요.")
    )
    is_staff = models.BooleanField(_("운영진"), default=False, help_text=_("관리 화면에 들어갈 수 있습니다."))
    created_at = models.DateTimeField(_("가입 시각"), default=timezone.now, editable=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        verbose_name = _("사용자")
        verbose_name_plural = _("사용자")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_guest=True, email__isnull=True) | models.Q(is_guest=False, email__isnull=False),
                name="accounts_user_guest_or_email",
                violation_error_message=GUEST_OR_EMAIL,
            )
        ]

    def __str__(self) -> str:
        return self.email or f"guest {self.pk}"

    def clean(self) -> None:
        super().clean()
        # Forms give an empty string, which would violate the unique constraint for the second guest.
        self.email = self.__class__.objects.normalize_email(self.email) or None
        # Django does not check the database constraint in a form without the field `is_guest`.
        if self.is_guest != (self.email is None):
            raise ValidationError({"email": GUEST_OR_EMAIL})

    def become_account(self, email: str, password: str) -> bool:
        """Turn this guest into an account. It keeps its id, and so everything it owns.

        False when it already is an account, also when another request has just made it one. Raises IntegrityError when
        the address is taken.
        """
        self.set_password(password)
        email = self.__class__.objects.normalize_email(email)
        guest = self.__class__.objects.filter(pk=self.pk, is_guest=True)
        if not guest.update(email=email, is_guest=False, password=self.password):
            return False
        self.email, self.is_guest = email, False
        return True
