"""News for the floors above. Receivers run after the commit and may run twice for the same news."""

from django.dispatch import Signal

step_started = Signal()
"""A step is being worked on, and its craft has written that into its own rows. Argument: `step`."""

step_ended = Signal()
"""A step is done or failed for good. Argument: `step`."""

hour_passed = Signal()
"""Sent about once an hour by every worker process: the time for chores that are safe to do many times at once."""

still_working = Signal()
"""Somebody watches unfinished work. Argument: `topics`, a list of event log topics."""
