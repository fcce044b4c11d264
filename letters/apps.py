from django.apps import AppConfig


class LettersConfig(AppConfig):
    """The letter craft."""

    name = "letters"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Importing registers the step kinds, which also a process that only sends messages needs.
        from letters import tasks  # noqa: F401
