from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class PhotosConfig(AppConfig):
    """The photo craft."""

    name = "photos"
    verbose_name = _("사진")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Importing connects receivers and registers step kinds, which also a process that only sends messages needs.
        from photos import retention, seeding, tasks  # noqa: F401

        post_migrate.connect(seeding.seed, sender=self)
