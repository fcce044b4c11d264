"""The operations page: `workers.operations.figures` as tables, with warnings above them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from workers.clock import database_now
from workers.errors import StepError, StoreAway, every_class
from workers.models import Breaker, Step
from workers.operations.figures import WITHOUT_CALL, Figures, Histogram, QueueFigures, QuotaFigures
from workers.quota.policy import Counts

NONE = "–"
LONG_WAIT_SECONDS = 600
"""A person who waits this long has probably left the page."""
SLOWED = 0.5
"""A quota below this share of its limit was refused several times in a row."""

RETRY_CLASSES = {error.__name__: error.label for error in every_class() if error.label}
PUT_BACK = WITHOUT_CALL - {"poison"} | {
    "done",
    *(error.code for error in every_class() if error.label and error.code != StepError.code),
}
"""Outcomes after which a step is done or goes on."""
RECOVERED = {
    "sent": gettext_lazy("잃은 메시지"),
    "running": gettext_lazy("죽은 작업자"),
    "poison": gettext_lazy("포기(거듭 죽음)"),
}
UNITS = {
    Counts.CALLS: pgettext_lazy("quota", "호출"),
    Counts.TOKENS: pgettext_lazy("quota", "토큰"),
    Counts.AT_ONCE: pgettext_lazy("quota", "동시"),
}


@dataclass(frozen=True)
class Section:
    """A table with its title and one line that says how to read it."""

    title: str
    note: str
    headers: Sequence[str]
    rows: Sequence[Sequence[str]]


def warnings(figures: Figures) -> list[str]:
    """Sentences about what an operator should check now, the worst first; empty when all is well."""
    return list(_warnings(figures))


def _warnings(figures: Figures) -> Iterator[str]:
    if not figures.database_up:
        yield _("데이터베이스에 닿지 않습니다. 모든 일이 멈춰 있고, 돌아오면 이어집니다.")
    if not figures.redis_up:
        yield _("Redis에 닿지 않습니다. 새 일이 나가지 않고, 돌아오면 이어집니다. 아래에는 행에 적힌 것만 있습니다.")
    for breaker in figures.breakers:
        if breaker.open:
            yield _("%(kind)s: 일을 붙들어 두었습니다(%(code)s). 까닭을 없애면 저절로 이어집니다.") % {
                "kind": breaker.kind,
                "code": breaker.code,
            }
    if figures.kept_bytes and any(breaker.open and breaker.code == StoreAway.code for breaker in figures.breakers):
        yield _(
            "파일 저장소에 닿지 않습니다. 이미 만든 파일 %(count)d개(%(megabytes)s MB)는 데이터베이스에 있고, "
            "돌아오면 다시 만들지 않고 저장합니다."
        ) % {"count": figures.kept_files, "megabytes": number(figures.kept_bytes / 1_000_000)}
    for queue in figures.queues:
        # While Redis is away no worker can work; the warning above already says so.
        if figures.redis_up and not queue.worker_up:
            yield _("%(queue)s: 살아 있는 작업자가 없습니다. 일은 행에서 기다리고, 작업자가 돌아오면 이어집니다.") % {
                "queue": queue.queue
            }
        if queue.overdue:
            yield _("%(queue)s: 임대가 끝났는데 아무도 되살리지 않은 단계 %(count)d개. 작업자가 살아 있습니까?") % {
                "queue": queue.queue,
                "count": queue.overdue,
            }
        if queue.oldest_seconds > LONG_WAIT_SECONDS:
            yield _("%(queue)s: 가장 오래된 것이 %(duration)s째 기다립니다.") % {
                "queue": queue.queue,
                "duration": duration(queue.oldest_seconds),
            }
    for quota in figures.quotas:
        if quota.rate < SLOWED:
            yield _("%(policy)s: 제공자가 거절해서 한도의 %(rate)s만 쓰고 있습니다.") % {
                "policy": quota.policy,
                "rate": percent(quota.rate),
            }


def sections(figures: Figures) -> list[Section]:
    """The page's tables, without those whose source cannot be reached."""
    from_rows = [_queues(figures), _breakers(figures)] if figures.database_up else []
    counted = [_quotas(figures), _providers(figures), _steps(figures), _recoveries(figures), _cost(figures)]
    return from_rows + (counted if figures.redis_up else [])


def _queues(figures: Figures) -> Section:
    def row(queue: QueueFigures) -> list[str]:
        states = (Step.State.DUE, Step.State.SENT, Step.State.RUNNING, Step.State.BLOCKED)
        waits = queue.steps[Step.State.DUE] or queue.steps[Step.State.SENT]
        return [
            queue.queue,
            _worker(queue),
            *(number(queue.steps[state]) for state in states),
            duration(queue.oldest_seconds) if waits else NONE,
            number(queue.overdue),
        ]

    headers = [
        _("큐"),
        _("작업자"),
        pgettext("steps", "기다림"),
        pgettext("steps", "보냄"),
        pgettext("steps", "실행 중"),
        _("앞 단계를 기다림"),
        _("가장 오래 기다린 것"),
        _("밀린 임대"),
    ]
    note = _("지금의 단계 수. ‘가장 오래’는 부탁받은 때부터 잽니다.")
    return Section(_("큐와 기다림"), note, headers, [row(queue) for queue in figures.queues])


def _worker(queue: QueueFigures) -> str:
    if queue.worker_up:
        return _("살아 있음")
    if queue.reported_seconds is None:
        return _("소식 없음")
    return _("%(duration)s째 소식 없음") % {"duration": duration(queue.reported_seconds)}


def _breakers(figures: Figures) -> Section:
    now = database_now()

    def row(breaker: Breaker) -> list[str]:
        since = duration((now - breaker.opened_at).total_seconds()) if breaker.opened_at else NONE
        probe = duration((breaker.probe_at - now).total_seconds()) if breaker.probe_at else NONE
        state = _("멈춤") if breaker.open else _("이어짐")
        said = (breaker.code, since, probe, breaker.said) if breaker.open else (NONE,) * 4
        return [breaker.kind, breaker.provider or NONE, state, *said]

    headers = [_("단계"), _("제공자"), _("상태"), _("코드"), _("멈춘 지"), _("다음 시험까지"), _("제공자의 말")]
    note = _("멈춘 단계의 일은 행에서 기다리고, 시험이 잘되면 저절로 이어집니다. 탈 없던 단계는 여기에 없습니다.")
    return Section(_("차단기"), note, headers, [row(breaker) for breaker in figures.breakers])


def _quotas(figures: Figures) -> Section:
    def row(quota: QuotaFigures) -> list[str]:
        per = "" if quota.at_once else f" / {quota.seconds:g} s"
        labels = (quota.policy,)
        refused, slots = (figures.counters.get(name, {}).get(labels, 0.0) for name in ("refused", "slots"))
        return [
            quota.policy,
            str(UNITS[Counts(quota.counts)]),
            _("없음") if quota.limit is None else f"{number(quota.limit)}{per}",
            number(quota.used),
            percent(quota.rate),
            NONE if quota.next_slot_seconds is None else duration(quota.next_slot_seconds),
            ratio(quota.refused_last_minute, quota.slots_last_minute),
            ratio(refused, slots),
        ]

    headers = [
        _("정책"),
        _("세는 것"),
        _("한도"),
        _("지난 1분에 씀"),
        _("지금 속도"),
        _("다음 차례까지"),
        _("거절(1분)"),
        _("거절(모두)"),
    ]
    note = _("‘지금 속도’는 한도에서 쓰는 몫으로, 거절당하면 줄고 1분 안에 돌아옵니다. 거절은 나눠 준 차례에 견줍니다.")
    return Section(_("제공자의 한도"), note, headers, [row(quota) for quota in figures.quotas])


def _providers(figures: Figures) -> Section:
    calls: Counter[str] = Counter()
    done: Counter[str] = Counter()
    throttled: Counter[str] = Counter()
    for (_kind, provider, outcome), count in figures.counters.get("attempts", {}).items():
        if outcome not in WITHOUT_CALL:
            calls[provider] += int(count)
            done[provider] += int(count) if outcome == "done" else 0
            throttled[provider] += int(count) if outcome == "throttled" else 0
    costs = figures.counters.get("cost", {})
    rows = [
        [
            provider,
            number(calls[provider]),
            number(done[provider]),
            ratio(throttled[provider], calls[provider]),
            usd(costs.get((provider,), 0.0)),
        ]
        for provider in sorted(calls)
    ]
    headers = [_("제공자"), _("시도"), pgettext("steps", "끝남"), _("거절"), _("값")]
    return Section(_("제공자"), _("세기 시작한 뒤 모두. Redis를 비우면 0부터입니다."), headers, rows)


def _steps(figures: Figures) -> Section:
    attempts = figures.counters.get("attempts", {})
    retries = figures.counters.get("retries", {})
    kinds = sorted({labels[0] for labels in (*attempts, *retries)})

    def row(kind: str) -> list[str]:
        outcomes: Counter[str] = Counter()
        for (of_kind, _provider, outcome), count in attempts.items():
            outcomes[outcome] += int(count) if of_kind == kind else 0
        classes = {error: count for (of_kind, error), count in retries.items() if of_kind == kind}
        return [
            kind,
            number(outcomes.total()),
            number(outcomes["done"]),
            listed(_given_up(outcomes, classes)),
            listed({str(RETRY_CLASSES.get(error, error)): count for error, count in classes.items()}),
            quantiles(figures.waiting.get(kind)),
            quantiles(figures.working.get(kind)),
        ]

    headers = [
        _("단계"),
        _("시도"),
        pgettext("steps", "끝남"),
        _("끝내 실패"),
        _("다시 함"),
        _("기다림 p50 · p95"),
        _("일 p50 · p95"),
    ]
    note = _("세기 시작한 뒤 모두. 일은 새로 만들어 끝난 것만, 기다림은 모든 시도에서 잽니다. 분위수는 어림입니다.")
    return Section(_("단계"), note, headers, [row(kind) for kind in kinds])


def _given_up(outcomes: Counter[str], retries: Mapping[str, float]) -> dict[str, float]:
    """Outcomes that ended a step for good. A `Surprise` has the same code when the step is retried, so retries are
    subtracted."""
    for_good: dict[str, float] = {outcome: count for outcome, count in outcomes.items() if outcome not in PUT_BACK}
    if "failed" in for_good:
        for_good["failed"] -= retries.get("Surprise", 0.0)
    return {outcome: count for outcome, count in for_good.items() if count > 0}


def _recoveries(figures: Figures) -> Section:
    rows = [
        [_("%(queue)s 큐로 내보냄") % {"queue": queue}, number(count)]
        for (queue,), count in figures.counters.get("admitted", {}).items()
    ]
    rows += [
        [f"{kind}: {RECOVERED.get(state, state)}", number(count)]
        for (kind, state), count in figures.counters.get("recovered", {}).items()
    ]
    note = _("임대가 끝나 되살린 것. ‘죽은 작업자’가 늘면 작업자의 기록을 보십시오.")
    return Section(_("내보냄과 되살림"), note, [_("무엇"), _("수")], rows)


def _cost(figures: Figures) -> Section:
    each = figures.cost_per_finished_usd
    reused = sum(figures.counters.get("reused", {}).values())
    rows = [
        [_("모든 값"), usd(figures.cost_usd)],
        [_("끝까지 된 작업"), number(figures.finished)],
        [_("작업 하나에"), NONE if each is None else usd(each)],
        [_("다시 사지 않은 결과"), number(reused)],
    ]
    note = _("끝나지 않은 것과 다시 만든 것의 값도 나눕니다.")
    return Section(_("값"), note, [_("무엇"), _("수")], rows)


# --- how figures are written ---------------------------------------------------------------------


def number(value: float) -> str:
    return f"{round(value):,}" if abs(value - round(value)) < 0.05 else f"{value:,.1f}"


def usd(value: float) -> str:
    return f"${value:,.4f}"


def percent(share: float) -> str:
    return f"{share:.0%}" if share in (0, 1) else f"{share:.1%}"


def ratio(part: float, whole: float) -> str:
    """A share and what it is a share of."""
    return f"{percent(part / whole)} ({number(part)}/{number(whole)})" if whole else NONE


def listed(counts: Mapping[str, float]) -> str:
    """The most frequent first, then by name."""
    return (
        " · ".join(f"{name} {number(count)}" for name, count in sorted(counts.items(), key=lambda it: (-it[1], it[0])))
        or NONE
    )


def duration(seconds: float) -> str:
    whole = max(0, round(seconds))
    if whole < 60:
        return _("%(seconds)d초") % {"seconds": whole}
    if whole < 3600:
        return _("%(minutes)d분 %(seconds)d초") % {"minutes": whole // 60, "seconds": whole % 60}
    return _("%(hours)d시간 %(minutes)d분") % {"hours": whole // 3600, "minutes": whole % 3600 // 60}


def quantiles(histogram: Histogram | None) -> str:
    """Median and 95th percentile, seconds."""
    if histogram is None or not histogram.count:
        return NONE
    return " · ".join(_seconds(histogram.quantile(share), histogram.bounds[-1]) for share in (0.5, 0.95))


def _seconds(value: float | None, last: float) -> str:
    if value is None:
        return NONE
    return f"> {last:g} s" if value == float("inf") else f"{value:.2f} s" if value < 10 else f"{value:.0f} s"
