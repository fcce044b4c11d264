from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CompaniesConfig(AppConfig):
    """The knowledge base of companies."""

    name = "companies"
    verbose_name = _("회사 자료")
    default_auto_field = "django.db.models.BigAutoField"
