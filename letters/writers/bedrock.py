"""Letters by a language model on Amazon Bedrock, streamed by ConverseStream. Its form is the same for every model."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Any

from django.conf import settings

from aws import clients
from aws.burndown import burndown
from aws.prices import price
from letters.brief import Brief, Language
from letters.prompt import prompt
from workers.engine.receipts import charge
from workers.errors import BadAnswer, Filtered, Transient

TOKENS_PER_ITEM: dict[Language, int] = {"ko": 1800, "en": 450}
"""Enough for 1,000 characters and a little more. Not much more, because the quota reserves all of them beforehand."""

ENDED = frozenset({"end_turn", "stop_sequence"})
WITHHELD = frozenset({"content_filtered", "guardrail_intervened"})


class BedrockWriter:
    name = "bedrock"

    def __init__(self) -> None:
        self.model: str = settings.BEDROCK_TEXT_MODEL_ID

    def write(self, brief: Brief, numbers: Sequence[int], seed: int = 0) -> Generator[str, None, None]:
        """Raises the engine's error classes, also after some of the text. Then the last item is incomplete.

        No sampling parameter is sent, since newer models refuse them. The prompt names the seed in words instead.
        """
        said = prompt(brief, numbers, seed)
        with clients.translated():
            client = clients.client(
                "bedrock-runtime", read_timeout=settings.BEDROCK_TEXT_READ_SECONDS, region=settings.BEDROCK_REGION
            )
            answer = client.converse_stream(
                modelId=self.model,
                system=[{"text": said.system}],
                messages=[{"role": "user", "content": [{"text": said.user}]}],
                inferenceConfig={"maxTokens": TOKENS_PER_ITEM[brief.language] * len(numbers)},
            )
            stream = answer["stream"]
            try:
                yield from _texts(stream, self.model)
            finally:
                # When the reader stops early, the model must stop too.
                stream.close()


def _texts(events: Iterable[dict[str, Any]], model: str) -> Iterator[str]:
    reason = ""
    for event in events:
        if "contentBlockDelta" in event:
            text = event["contentBlockDelta"]["delta"].get("text", "")
            if text:
                yield text
        elif "messageStop" in event:
            reason = event["messageStop"]["stopReason"]
        elif "metadata" in event:
            _charge(event["metadata"].get("usage", {}), model)
    if not reason:
        raise Transient("the stream ended without a stop event")
    if reason in WITHHELD:
        raise Filtered(f"the model stopped: {reason}")
    if reason not in ENDED:
        # Mostly max_tokens: the last item breaks off. The retry writes only the incomplete items.
        raise BadAnswer(f"the model stopped: {reason}")


def _charge(usage: dict[str, int], model: str) -> None:
    """Note the usage. A stream that breaks off never reports it, so the provider bills tokens that no receipt has."""
    read, written = usage.get("inputTokens", 0), usage.get("outputTokens", 0)
    charge(
        price(model, input_tokens=read, output_tokens=written),
        input_tokens=read,
        output_tokens=written,
        quota_tokens=read + written * burndown(model),
    )
