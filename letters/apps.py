from django.apps import AppConfig


class LettersConfig(AppConfig):
    """The letter craft."""

    name = "letters"
    default_auto_field = "django.db.models.BigAutoField"
