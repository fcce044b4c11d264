"""`python -m launcher.prepare`: the part of set-up that needs Django. A second run changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import django
from django.contrib.auth import get_user_model
from django.core.management import call_command

from launcher.checkout import ADMIN_USER, Checkout


def main() -> None:
    django.setup()
    call_command("migrate", interactive=False, verbosity=1)
    call_command("seed_companies")
    call_command("collectstatic", interactive=False, verbosity=1)
    _make_administrator(Checkout(Path(__file__).resolve().parent.parent).secret("admin_password"))


def _make_administrator(password: str) -> None:
    """Create the administrator, or set its password to the one that state.json shows."""
    users: Any = get_user_model()._default_manager
    user = users.filter(email=ADMIN_USER).first()
    if user is None:
        users.create_superuser(email=ADMIN_USER, password=password)
    elif not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])


if __name__ == "__main__":
    main()
