"""News for the floors above. Receivers run after the commit and may run twice for the same news."""

from django.dispatch import Signal

step_started = Signal()
"""A step was claimed. Argument: `step`."""

step_ended = Signal()
"""A step is done, failed or was postponed with news. Argument: `step`."""
