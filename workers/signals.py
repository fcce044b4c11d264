"""Signals to the apps above the engine. Receivers run after the commit, and may run twice for one event."""

from django.dispatch import Signal

step_started = Signal()
"""A step is running, and its app has written that to its own rows. Argument: `step`."""

step_ended = Signal()
"""A step is done or has failed for good. Argument: `step`."""

hour_passed = Signal()
"""Sent about once an hour by every worker process, for chores. Receivers must be safe to run several times at once."""

still_working = Signal()
"""Unfinished work has readers. Argument: `topics`, a list of event log topics."""
