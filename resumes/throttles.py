"""The limit on what costs money."""

from __future__ import annotations

from accounts.throttles import UserThrottle


class DailyThrottle(UserThrottle):
    """Résumés per person and day. A guest can be made anew; the address's own limit slows that down."""

    scope = "daily"
    setting = "DAILY_RESUMES_PER_PERSON"
