from django.apps import AppConfig
from django.conf import settings


class WorkersConfig(AppConfig):
    """The engine under all; it has never heard of a photo."""

    name = "workers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from workers import ticker  # noqa: F401 - connects itself to Celery's signal

        if settings.BEDROCK_MODELS:
            # Only then, as it brings the whole of boto3; it connects itself to the hourly chores.
            from workers import model_lifecycles  # noqa: F401
