from django.apps import AppConfig


class WorkersConfig(AppConfig):
    """The engine under all rooms. It knows no photo, no letter and no provider."""

    name = "workers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from workers.engine import ticker  # noqa: F401 - connects itself to Celery's signal
