from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from aws.prices import price_list


class AwsConfig(AppConfig):
    """Amazon Web Services: clients, what their failures mean, storage, prices, token accounting, model lifecycles."""

    name = "aws"

    def ready(self) -> None:
        _require_readable_prices()
        if settings.BEDROCK_MODELS:
            # Not always, because it imports all of boto3. The module connects itself to the hourly signal.
            from aws import model_lifecycles  # noqa: F401


def _require_readable_prices() -> None:
    try:
        price_list(settings.PRICES)
    except ValueError as error:
        raise ImproperlyConfigured(f"PRICES: {error}") from error
