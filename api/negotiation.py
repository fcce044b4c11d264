"""The form of an answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation

# The framework's views import this module by its name in the settings, before they exist themselves.
if TYPE_CHECKING:
    from rest_framework.renderers import BaseRenderer
    from rest_framework.request import Request


class NeverRefused(DefaultContentNegotiation):
    """What `Accept` asks for where a view has it, else the view's first form: any answer says more than a refusal."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        forms = list(renderers)
        try:
            form, media_type = super().select_renderer(request, forms, format_suffix)
        except NotAcceptable:
            return forms[0], forms[0].media_type
        return form, media_type
