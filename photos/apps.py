from django.apps import AppConfig


class PhotosConfig(AppConfig):
    """The photo craft."""

    name = "photos"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Receivers connect themselves; step kinds register themselves, also where only messages are sent.
        from photos import retention, tasks  # noqa: F401
