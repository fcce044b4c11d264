from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Who a person is."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
