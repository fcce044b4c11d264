"""The sixteen types. Imports no package, because `./run resume` uses it before packages are installed."""

from __future__ import annotations

MBTI_TYPES = tuple(
    first + second + third + fourth for first in "IE" for second in "NS" for third in "TF" for fourth in "JP"
)
