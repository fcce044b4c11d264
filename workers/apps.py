from django.apps import AppConfig


class WorkersConfig(AppConfig):
    """The engine under all; it has never heard of a photo."""

    name = "workers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from workers import ticker  # noqa: F401 - connects itself to Celery's signal
