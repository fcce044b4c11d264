"""Functions that read environment variables. An invalid value stops the start with the variable's name."""

from __future__ import annotations

import re
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = environ.Env()
RUN_DIR = Path(env.str("RUN_DIR", default=str(BASE_DIR / ".run")))
"""Everything that a running service writes in the embedded world: database, media, weights, logs."""


def choice(name: str, choices: tuple[str, ...], default: str) -> str:
    value: str = env.str(name, default=default)
    if value not in choices:
        raise ImproperlyConfigured(f"{name}={value!r}: one of {', '.join(choices)}")
    return value


def at_least(name: str, default: int, least: int) -> int:
    try:
        value: int = env.int(name, default=default)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: a whole number is needed") from error
    if value < least:
        raise ImproperlyConfigured(f"{name}={value}: at least {least}")
    return value


def rate(name: str, default: str) -> str | None:
    value: str = env.str(name, default=default)
    if value == "none":
        return None
    if not re.fullmatch(r"\d{1,9}/(s|sec|second|m|min|minute|h|hour|d|day)", value):
        raise ImproperlyConfigured(f"{name}={value!r}: a rate such as 60/min, or none")
    return value
