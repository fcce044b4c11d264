from django.apps import AppConfig


class PhotosConfig(AppConfig):
    """The photo craft."""

    name = "photos"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from photos import retention  # noqa: F401 - its receiver connects itself
