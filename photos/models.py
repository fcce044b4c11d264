"""Photos and their candidates. A photo's state is what the person sees; the engine's steps do the work."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from photos import proofreading
from photos.outpainting import Words
from photos.outpainting.prompts import LARGEST_SEED, NEW_SEED
from photos.types import StoredAdvice, StoredFace
from workers.identifiers import new_id
from workers.transitions import Transition


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
    UNFINISHED = (State.QUEUED, State.DETECTING, State.MASKING, State.PAINTING)

    # Queued as well as the step's own state: a retried photo continues at the step that failed.
    BEGIN_DETECTING = Transition("begin detecting", (State.QUEUED, State.DETECTING), State.DETECTING)
    END_DETECTING = Transition("end detecting", (State.QUEUED, State.DETECTING), State.MASKING)
    BEGIN_MASKING = Transition("begin masking", (State.QUEUED, State.MASKING), State.MASKING)
    END_MASKING = Transition("end masking", (State.QUEUED, State.MASKING), State.PAINTING)
    BEGIN_PAINTING = Transition("begin painting", (State.QUEUED, State.PAINTING), State.PAINTING)
    END_PAINTING = Transition("end painting", (State.QUEUED, State.PAINTING), State.DONE)
    REPAINT = Transition("repaint", (State.DONE,), State.PAINTING)
    KEEP_PORTRAITS = Transition("keep the portraits from before", UNFINISHED, State.DONE)
    REJECT = Transition("reject", UNFINISHED, State.REJECTED)
    FAIL = Transition("fail", UNFINISHED, State.FAILED)
    RETRY = Transition("retry", (State.FAILED,), State.QUEUED)

    id = models.CharField("번호", max_length=32, primary_key=True, default=new_id, editable=False)
    state = models.CharField("상태", max_length=16, choices=State.choices, default=State.QUEUED)
    code = models.CharField("코드", max_length=40, blank=True)
    digest = models.CharField("내용 해시", max_length=64)
    width = models.PositiveIntegerField("너비(px)")
    height = models.PositiveIntegerField("높이(px)")
    style = models.CharField("스타일", max_length=40, blank=True)
    face: models.JSONField[StoredFace | None, StoredFace | None] = models.JSONField("얼굴", null=True, blank=True)
    mask_file = models.CharField("마스크 파일", max_length=200, blank=True)
    chosen = models.PositiveSmallIntegerField("고른 후보", null=True, blank=True)
    advice: models.JSONField[list[StoredAdvice], list[StoredAdvice]] = models.JSONField(
        "사진에 대한 조언", default=list, blank=True
    )
    """Warnings about the photo."""
    background = models.CharField("고른 배경", max_length=20, blank=True)
    """A key of photos.outpainting.backdrop.BACKGROUNDS; "" = the painted one."""
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

    class Verdict(models.TextChoices):
        SEND = "send", "내도 좋음"
        LOOK = "look", "살펴볼 것"
        DONT = "dont", "내지 말 것"

    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="candidates", verbose_name="사진")
    number = models.PositiveSmallIntegerField("번호")
    file = models.CharField("파일", max_length=200)
    cover_file = models.CharField("인물 윤곽 파일", max_length=200, blank=True)
    look = models.CharField("옷", max_length=40, blank=True)
    rank = models.PositiveSmallIntegerField("순위", default=0)
    """0 is shown first. The number has no order."""
    score = models.FloatField("점수")
    verdict = models.CharField("판정", max_length=8, choices=Verdict.choices, default=Verdict.LOOK)
    problems: models.JSONField[list[str], list[str]] = models.JSONField("문제", default=list)
    """Names of photos.judging's measures that speak against it, worst first."""
    measures: models.JSONField[dict[str, float], dict[str, float]] = models.JSONField("잰 값", default=dict)
    """Every measured value, by the measure's name."""

    class Meta:
        verbose_name = "후보"
        verbose_name_plural = "후보"
        ordering = ["rank", "number"]
        constraints = [models.UniqueConstraint(fields=["photo", "number"], name="candidate_number_once")]

    def __str__(self) -> str:
        return f"{self.photo_id}/{self.number}"


class Wording(models.Model):
    """The prompts for a style and a presented gender: the shipped texts until a curator edits them."""

    class Style(models.TextChoices):
        NAVY_SUIT = "navy_suit", _("남색 정장")
        CHARCOAL_SUIT = "charcoal_suit", _("차콜 정장")
        BLACK_SUIT = "black_suit", _("검정 정장")
        OWN_CLOTHES = "own_clothes", _("내 옷 그대로")

    class Gender(models.TextChoices):
        FEMALE = "female", _("여성으로 보임")
        MALE = "male", _("남성으로 보임")
        UNKNOWN = "unknown", _("알 수 없음")

    style = models.CharField(_("스타일"), max_length=40, choices=Style.choices)
    gender = models.CharField(_("사진에서 보이는 성별"), max_length=10, choices=Gender.choices)
    text = models.TextField(
        _("그릴 것"),
        help_text=_("영어로, 512자까지. {look} 자리에는 고른 정장과 셔츠·블라우스가 들어갑니다."),
    )
    negative = models.TextField(
        _("피할 것"), help_text=_("영어로, 512자까지. 그림에 나오면 안 되는 것을 쉼표로 나눕니다.")
    )
    shipped_text = models.TextField(editable=False, default="")
    """The default that was last written to `text`. A text that differs from it was edited."""
    shipped_negative = models.TextField(editable=False, default="")
    updated_at = models.DateTimeField(_("고친 시각"), auto_now=True)

    class Meta:
        verbose_name = _("사진 문구")
        verbose_name_plural = _("사진 문구")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["style", "gender"], name="wording_once")]

    def __str__(self) -> str:
        return f"{self.get_style_display()} · {self.get_gender_display()}"

    @property
    def words(self) -> Words:
        return Words(self.text, self.negative)

    @property
    def edited(self) -> bool:
        return (self.text, self.negative) != (self.shipped_text, self.shipped_negative)

    def clean(self) -> None:
        super().clean()
        self.text, self.negative = (proofreading.one_line(text) for text in (self.text, self.negative))
        faults = {
            "text": proofreading.faults_of_text(self.text, wears_look=self.style != self.Style.OWN_CLOTHES),
            "negative": proofreading.faults_of_negative(self.negative),
        }
        if named := {field: found for field, found in faults.items() if found}:
            raise ValidationError(named)


class Seed(models.Model):
    """The seed of one of the three candidates. The same seed, wording and photo give the same picture."""

    number = models.PositiveSmallIntegerField(_("후보"), unique=True, editable=False)
    seed = models.PositiveIntegerField(
        _("시드"),
        # For some models 0 means "any".
        validators=[MinValueValidator(1), MaxValueValidator(LARGEST_SEED)],
        help_text=_("한 번에 여러 장을 그리는 모델은 첫째 후보의 시드만 씁니다."),
    )

    class Meta:
        verbose_name = _("사진 시드")
        verbose_name_plural = _("사진 시드")
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.number}: {self.seed}"

    def clean(self) -> None:
        super().clean()
        others = Seed.objects.exclude(pk=self.pk).values_list("seed", flat=True)
        if self.seed is not None and any(
            abs(self.seed - other) in (0, *(NEW_SEED * tries for tries in (1, 2, 3))) for other in others
        ):
            raise ValidationError(
                {
                    "seed": _("다른 후보와 같은 그림이 됩니다. 다른 시드와 같거나 %(apart)d 차이가 나면 안 됩니다.")
                    % {"apart": NEW_SEED}
                }
            )
