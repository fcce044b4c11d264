"""Chooses between the Korean and the English content of a record."""

from __future__ import annotations

from typing import TypeVar

from django.utils.translation import get_language

Content = TypeVar("Content")


def in_request_language(korean: Content, english: Content) -> Content:
    """The English content where English is active, the Korean one everywhere else."""
    return english if (get_language() or "").startswith("en") else korean
