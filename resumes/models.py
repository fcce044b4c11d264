"""The résumé: its owner, what the owner wrote about themselves, its photo and its letter."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from photos.models import Photo
from workers.identifiers import new_id


class Resume(models.Model):
    id = models.CharField("번호", max_length=32, primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="resumes", verbose_name="사람"
    )
    name = models.CharField("이름", max_length=40)
    phone = models.CharField("휴대폰", max_length=20, blank=True)
    mbti = models.CharField("MBTI", max_length=4)
    language = models.CharField("언어", max_length=2, default="ko")
    style = models.CharField("스타일", max_length=40, blank=True)
    facts = models.JSONField("사실", default=dict, blank=True)
    photo = models.OneToOneField(Photo, on_delete=models.PROTECT, related_name="+", verbose_name="사진")
    created_at = models.DateTimeField("만든 때", auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = "이력서"
        verbose_name_plural = "이력서"
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"resume {self.id}"


class IdempotencyKey(models.Model):
    """A client's key for one creation: the same request sent twice makes one résumé."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    body_hash = models.CharField(max_length=64)
    resume = models.ForeignKey(Resume, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "멱등 키"
        verbose_name_plural = "멱등 키"
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return f"key of {self.resume_id}"
