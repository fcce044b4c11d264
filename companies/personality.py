"""The sixteen types. This module imports nothing: the command asks it before any package is installed."""

from __future__ import annotations

MBTI_TYPES = tuple(
    first + second + third + fourth for first in "IE" for second in "NS" for third in "TF" for fourth in "JP"
)
