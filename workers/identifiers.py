"""Identifiers that appear outside the database: in URLs, topics and file names."""

from __future__ import annotations

import uuid


def new_id() -> str:
    """32 random hexadecimal digits, so that identifiers of others cannot be guessed."""
    return uuid.uuid4().hex
