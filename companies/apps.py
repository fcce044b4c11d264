from django.apps import AppConfig


class CompaniesConfig(AppConfig):
    """The knowledge base of companies."""

    name = "companies"
    default_auto_field = "django.db.models.BigAutoField"
