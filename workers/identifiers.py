"""Identifiers of rows that others name: in addresses, topics and file names."""

from __future__ import annotations

import uuid


def new_id() -> str:
    """32 hexadecimal digits, random, so that nobody guesses another person's."""
    return uuid.uuid4().hex
