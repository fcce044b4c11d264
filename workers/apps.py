from django.apps import AppConfig


class WorkersConfig(AppConfig):
    """The engine that all other apps use. Its code names no photo, no letter and no provider."""

    name = "workers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from workers.engine import ticker  # noqa: F401 - connects its functions to Celery's signals
