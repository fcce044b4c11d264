from django.apps import AppConfig


class LettersConfig(AppConfig):
    """The letter craft."""

    name = "letters"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Step kinds register themselves, also where only messages are sent.
        from letters import tasks  # noqa: F401
