"""Content negotiation: which form an answer has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation

# The framework imports this module from its settings while its own views are not loaded yet.
if TYPE_CHECKING:
    from rest_framework.renderers import BaseRenderer
    from rest_framework.request import Request


class NeverRefused(DefaultContentNegotiation):
    """Uses the form that `Accept` asks for if the view has it, else the view's first form, and never answers 406."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        forms = list(renderers)
        try:
            form, media_type = super().select_renderer(request, forms, format_suffix)
        except NotAcceptable:
            return forms[0], forms[0].media_type
        return form, media_type
