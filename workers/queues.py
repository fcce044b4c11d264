"""The queues, each with the reason why it exists."""

from __future__ import annotations

from enum import StrEnum


class Queue(StrEnum):
    PHOTOS = "photos"
    """Pictures: on-device models compute, so one process takes them one by one; paid calls wait, so threads do."""
    LETTERS = "letters"
    """Streams that last tens of seconds and mostly wait: many threads in one process."""
    DEFAULT = "default"
    """Small chores that nobody watches."""
