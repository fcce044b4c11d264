"""The file store."""

from __future__ import annotations

from resume_site.settings.environment import RUN_DIR, env

MEDIA_ROOT = RUN_DIR / "media"
# Empty: files on disk. Endpoint, region and credentials of the bucket come from boto3's own environment.
AWS_STORAGE_BUCKET_NAME = env.str("AWS_STORAGE_BUCKET_NAME", default="")
STORAGES: dict[str, dict[str, object]] = {
    "default": {"BACKEND": "aws.storage.PrivateBucket"}
    if AWS_STORAGE_BUCKET_NAME
    else {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"allow_overwrite": True}},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
