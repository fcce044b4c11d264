from django.apps import AppConfig


class ResumesConfig(AppConfig):
    """What a person sees."""

    name = "resumes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from resumes import news  # noqa: F401 - importing it connects its receivers
