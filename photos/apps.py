from django.apps import AppConfig


class PhotosConfig(AppConfig):
    """The photo craft."""

    name = "photos"
    default_auto_field = "django.db.models.BigAutoField"
