"""The engine's tables. The row is authoritative; a message only says that a row may be due."""

from __future__ import annotations

from django.db import models


class StepQuerySet(models.QuerySet["Step"]):
    def held(self, step_id: int, fence: int) -> StepQuerySet:
        """The running step, if the claim with this fence number is still valid."""
        return self.filter(pk=step_id, state=Step.State.RUNNING, fence=fence)


class Step(models.Model):
    """One link of a chain: job, outbox entry and retry record in one row.

    The first unfinished step of a chain is `due`, `sent` or `running`. The later ones are `blocked`.
    """

    class State(models.TextChoices):
        BLOCKED = "blocked", "앞 단계를 기다림"
        DUE = "due", "차례를 기다림"
        SENT = "sent", "보냄"
        RUNNING = "running", "실행 중"
        DONE = "done", "끝남"
        FAILED = "failed", "실패"
        CANCELLED = "cancelled", "취소됨"

    class Priority(models.IntegerChoices):
        """The class of a chain. Each lower class moves the virtual time back by `chains.CLASS_DELAY`."""

        INTERACTIVE = 0, "지켜보는 작업"
        """A person watches the result while it is made."""
        FIRST = 1, "첫 작업"
        REPEAT = 2, "다시 하는 작업"

    chain = models.CharField("사슬", max_length=32, db_index=True)
    link = models.PositiveSmallIntegerField("사슬의 몇째 고리", db_column="place")
    """Position of the step in its chain, from 0."""
    kind = models.CharField("종류", max_length=64)
    queue = models.CharField("큐", max_length=16)
    subject = models.CharField("대상", max_length=32, db_index=True)
    topic = models.CharField("사건 기록", max_length=32, db_index=True)
    owner = models.CharField("주인", max_length=36)
    priority = models.PositiveSmallIntegerField("순위", choices=Priority.choices)
    state = models.CharField("상태", max_length=16, choices=State.choices)
    virtual_time = models.DateTimeField("가상 시각", db_column="turn_at")
    """Orders the queue: the earliest is next (virtual time of fair queueing). Set by `chains.plan`; retries keep it."""
    due_at = models.DateTimeField("차례가 되는 때")
    lease_until = models.DateTimeField("임대 끝", null=True)
    holder = models.CharField("쥔 프로세스", max_length=64, blank=True)
    """The process that made the latest claim, see `workers.engine.holders`."""
    fence = models.PositiveIntegerField("울타리 번호", default=0)
    attempts = models.PositiveSmallIntegerField("시도", default=0)
    crashes = models.PositiveSmallIntegerField("갑작스러운 죽음", default=0)
    code = models.CharField("코드", max_length=40, blank=True)
    announced = models.BooleanField("알림", default=True)
    created_at = models.DateTimeField("만든 때")
    slot_at = models.DateTimeField("호출할 때", null=True)
    started_at = models.DateTimeField("시작한 때", null=True)
    ended_at = models.DateTimeField("끝난 때", null=True)

    objects = StepQuerySet.as_manager()

    class Meta:
        verbose_name = "단계"
        verbose_name_plural = "단계"
        indexes = [
            models.Index(fields=["state", "queue", "virtual_time"], name="step_line"),
            models.Index(fields=["owner", "queue", "state"], name="step_owner"),
            models.Index(fields=["state", "lease_until"], name="step_recovery"),
            models.Index(fields=["announced", "ended_at"], name="step_outbox"),
        ]
        constraints = [models.UniqueConstraint(fields=["chain", "link"], name="step_place_in_chain")]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk} {self.state}"


class Breaker(models.Model):
    """Whether the work of a step kind is held, because its provider is misconfigured or down."""

    kind = models.CharField("종류", max_length=64, unique=True)
    provider = models.CharField("제공자", max_length=40, blank=True)
    open = models.BooleanField("멈춤", default=False)
    code = models.CharField("코드", max_length=40, blank=True)
    said = models.CharField("제공자의 말", max_length=200, blank=True)
    faults = models.PositiveIntegerField("이어진 실패", default=0)
    probes = models.PositiveIntegerField("시험", default=0)
    opened_at = models.DateTimeField("멈춘 때", null=True)
    probe_at = models.DateTimeField("다음 시험", null=True)
    closed_at = models.DateTimeField("다시 이은 때", null=True)

    class Meta:
        verbose_name = "차단기"
        verbose_name_plural = "차단기"

    def __str__(self) -> str:
        return f"{self.kind} {'open' if self.open else 'closed'}"


class Liveness(models.Model):
    """When a worker of a queue last proved that it receives and runs messages. One row per queue."""

    queue = models.CharField("큐", max_length=16, primary_key=True)
    reported_at = models.DateTimeField("마지막 소식")

    class Meta:
        verbose_name = "작업자의 소식"
        verbose_name_plural = "작업자의 소식"

    def __str__(self) -> str:
        return f"{self.queue} {self.reported_at:%H:%M:%S}"


class Attempt(models.Model):
    """One try of a step, with any outcome."""

    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="attempt_rows", verbose_name="단계")
    fence = models.PositiveIntegerField("울타리 번호")
    provider = models.CharField("제공자", max_length=40, blank=True)
    model = models.CharField("모델", max_length=120, blank=True)
    request_id = models.CharField("요청 번호", max_length=120, blank=True)
    calls = models.PositiveSmallIntegerField("호출", default=0)
    input_tokens = models.PositiveIntegerField("입력 토큰", default=0)
    output_tokens = models.PositiveIntegerField("출력 토큰", default=0)
    outcome = models.CharField("결과", max_length=40)
    waiting_seconds = models.FloatField("기다린 시간(초)")
    working_seconds = models.FloatField("일한 시간(초)")
    price_usd = models.DecimalField("값(USD)", max_digits=10, decimal_places=6, default=0)
    reused = models.BooleanField("있던 결과를 씀", default=False)
    started_at = models.DateTimeField("시작한 때")

    class Meta:
        verbose_name = "시도"
        verbose_name_plural = "시도"

    def __str__(self) -> str:
        return f"{self.step_id}/{self.fence} {self.outcome}"


class Artifact(models.Model):
    """The result of a call, stored by the hash of its inputs, so that it is not made and paid again."""

    kind = models.CharField("종류", max_length=64)
    subject = models.CharField("대상", max_length=32, db_index=True)
    input_hash = models.CharField("입력 해시", max_length=64)
    data = models.JSONField("내용")
    created_at = models.DateTimeField("만든 때", auto_now_add=True)

    class Meta:
        verbose_name = "산출물"
        verbose_name_plural = "산출물"
        constraints = [models.UniqueConstraint(fields=["kind", "subject", "input_hash"], name="artifact_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.input_hash[:12]}"


class KeptFile(models.Model):
    """A paid file of an artifact that is not in the file store yet. See `workers.engine.keeping`."""

    artifact = models.ForeignKey(Artifact, on_delete=models.CASCADE, related_name="kept_files", verbose_name="산출물")
    name = models.CharField("이름", max_length=200)
    data = models.BinaryField("내용")
    size = models.PositiveIntegerField("크기(바이트)")
    created_at = models.DateTimeField("만든 때", auto_now_add=True)

    class Meta:
        verbose_name = "저장을 기다리는 파일"
        verbose_name_plural = "저장을 기다리는 파일"

    def __str__(self) -> str:
        return f"{self.size} bytes of {self.artifact_id}"
