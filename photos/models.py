"""A photo on its way to a portrait. The state is what the person sees; the engine's steps do the work."""

from __future__ import annotations

import uuid

from django.db import models


def new_id() -> str:
    return uuid.uuid4().hex


class Photo(models.Model):
    class State(models.TextChoices):
        QUEUED = "queued", "차례를 기다림"
        DETECTING = "detecting", "얼굴을 찾는 중"
        MASKING = "masking", "머리를 오려 내는 중"
        PAINTING = "painting", "정장과 배경을 그리는 중"
        DONE = "done", "끝남"
        REJECTED = "rejected", "쓸 수 없는 사진"
        FAILED = "failed", "실패"

    FINAL = (State.DONE, State.REJECTED, State.FAILED)

    id = models.CharField("번호", max_length=32, primary_key=True, default=new_id, editable=False)
    state = models.CharField("상태", max_length=16, choices=State.choices, default=State.QUEUED)
    code = models.CharField("코드", max_length=40, blank=True)
    digest = models.CharField("내용 해시", max_length=64)
    width = models.PositiveIntegerField("너비(px)")
    height = models.PositiveIntegerField("높이(px)")
    style = models.CharField("스타일", max_length=40, blank=True)
    face = models.JSONField("얼굴", null=True, blank=True)
    mask_file = models.CharField("마스크 파일", max_length=200, blank=True)
    chosen = models.PositiveSmallIntegerField("고른 후보", null=True, blank=True)
    created_at = models.DateTimeField("만든 때", auto_now_add=True)

    class Meta:
        verbose_name = "사진"
        verbose_name_plural = "사진"

    def __str__(self) -> str:
        return f"photo {self.id}"

    @property
    def in_progress(self) -> bool:
        return self.state not in self.FINAL

    @property
    def expired(self) -> bool:
        """Whether the pictures were deleted for their age."""
        return not self.digest

    @property
    def original_file(self) -> str:
        return f"photos/{self.id}/original.jpg"


class Candidate(models.Model):
    """One of the portraits to choose from."""

    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="candidates", verbose_name="사진")
    number = models.PositiveSmallIntegerField("번호")
    file = models.CharField("파일", max_length=200)
    score = models.FloatField("점수")
    problems = models.JSONField("문제", default=list)

    class Meta:
        verbose_name = "후보"
        verbose_name_plural = "후보"
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["photo", "number"], name="candidate_number_once")]

    def __str__(self) -> str:
        return f"{self.photo_id}/{self.number}"
