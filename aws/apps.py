from django.apps import AppConfig
from django.conf import settings


class AwsConfig(AppConfig):
    """Amazon Web Services: clients, what their failures mean, storage, prices, token accounting, model lifecycles."""

    name = "aws"

    def ready(self) -> None:
        if settings.BEDROCK_MODELS:
            # Only then, as it imports the whole of boto3. It connects itself to the hourly chores.
            from aws import model_lifecycles  # noqa: F401
