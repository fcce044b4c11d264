"""The AWS world. Credentials, endpoints and the region come from boto3's own environment."""

from __future__ import annotations

from resume_site.settings.environment import at_least, choice, env
from resume_site.settings.worlds import LETTER_BACKEND, OUTPAINT_BACKEND

BEDROCK_REGION = env.str("BEDROCK_REGION", default="")
SAM_ENDPOINT_NAME = env.str("SAM_ENDPOINT_NAME", default="ai-resume-sam")
# The field of the picture in the endpoint's request. deploy/sagemaker_sam accepts "encode_image" only.
SAM_IMAGE_FIELD = env.str("SAM_IMAGE_FIELD", default="encode_image")
BEDROCK_IMAGE_MODEL_ID = env.str("BEDROCK_IMAGE_MODEL_ID", default="us.stability.stable-image-inpaint-v1:0")
# Empty: found from the model's id. Set it only for an id that does not show its model, as of provisioned models.
BEDROCK_IMAGE_DIALECT = choice("BEDROCK_IMAGE_DIALECT", ("", "stability", "titan", "nova"), "")
BEDROCK_TEXT_MODEL_ID = env.str("BEDROCK_TEXT_MODEL_ID", default="global.anthropic.claude-sonnet-5")
BEDROCK_TEXT_READ_SECONDS = at_least("BEDROCK_TEXT_READ_SECONDS", 45, 1)
"""Seconds that a model may be silent, before the first text or between two pieces."""
# The models whose end of life `manage.py check_models` checks, by environment variable.
BEDROCK_MODELS: dict[str, str] = {
    **({"BEDROCK_IMAGE_MODEL_ID": BEDROCK_IMAGE_MODEL_ID} if OUTPAINT_BACKEND == "aws" else {}),
    **({"BEDROCK_TEXT_MODEL_ID": BEDROCK_TEXT_MODEL_ID} if LETTER_BACKEND == "aws" else {}),
}
# A JSON object that overrides the guide prices. aws.prices reads it; an invalid one stops the start.
PRICES = env.str("PRICES", default="")
