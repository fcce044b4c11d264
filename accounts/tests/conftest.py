import pytest


@pytest.fixture(autouse=True)
def _quick_password_hash(settings):
    # The real hash is slow on purpose.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
