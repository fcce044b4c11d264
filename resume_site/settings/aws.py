"""The AWS world. Credentials, endpoints and the region come from boto3's own environment."""

from __future__ import annotations

from resume_site.settings.environment import at_least, choice, env
from resume_site.settings.worlds import LETTER_BACKEND, OUTPAINT_BACKEND

BEDROCK_REGION = env.str("BEDROCK_REGION", default="")
SAM_ENDPOINT_NAME = env.str("SAM_ENDPOINT_NAME", default="ai-resume-sam")
# The picture's name in the endpoint's request; deploy/sagemaker_sam knows "encode_image" alone.
SAM_IMAGE_FIELD = env.str("SAM_IMAGE_FIELD", default="encode_image")
BEDROCK_IMAGE_MODEL_ID = env.str("BEDROCK_IMAGE_MODEL_ID", default="us.stability.stable-image-inpaint-v1:0")
# Empty: by the model's id. To be set only for an id that does not tell, such as a provisioned model's.
BEDROCK_IMAGE_DIALECT = choice("BEDROCK_IMAGE_DIALECT", ("", "stability", "titan", "nova"), "")
BEDROCK_TEXT_MODEL_ID = env.str("BEDROCK_TEXT_MODEL_ID", default="global.anthropic.claude-sonnet-5")
BEDROCK_TEXT_READ_SECONDS = at_least("BEDROCK_TEXT_READ_SECONDS", 45, 1)
"""Of a writer's silence, before the first text or between two pieces: more than a busy model thinks, less than people
wait."""
# Whose end of life `manage.py check_models` asks for, by the variable that names each.
BEDROCK_MODELS: dict[str, str] = {
    **({"BEDROCK_IMAGE_MODEL_ID": BEDROCK_IMAGE_MODEL_ID} if OUTPAINT_BACKEND == "aws" else {}),
    **({"BEDROCK_TEXT_MODEL_ID": BEDROCK_TEXT_MODEL_ID} if LETTER_BACKEND == "aws" else {}),
}
# A JSON object over the guide prices; aws.prices reads it, and refuses nonsense when the application starts.
PRICES = env.str("PRICES", default="")
