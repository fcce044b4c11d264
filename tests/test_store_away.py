"""The file store is away while portraits are made: real processes, and a bucket at the double that takes no picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import httpx
import pytest
from django.utils import translation

from aws_double import Fault
from resumes import presentation
from tests.aws_world import WITHIN, Scene, Stage, stage
from tests.polling import wait_until

pytestmark = pytest.mark.processes

MASK, PAINT = "photos.mask_head", "photos.outpaint"
TAKES_NO_PICTURE = Fault("slow_down", "PutObject", times=10_000, about=r"/(mask|person|portrait|cover)-")
TAKES_NO_PORTRAIT = Fault("slow_down", "PutObject", times=10_000, about=r"/(portrait|cover)-")


@dataclass(frozen=True)
class Outage:
    """What was seen while the store was away."""

    stage: Stage
    stays: Scene
    behind: Scene
    held_kinds: dict[str, list[str]]
    """By step kind: the breaker's provider and code."""
    kept_of_the_deleted: int
    """Files in the database after its résumé was deleted."""
    mask_calls_behind: int
    """Of the one that came while masks were held."""


@pytest.fixture(scope="module")
def outage(weights: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outage]:
    """First masks and then portraits cannot be stored. Meanwhile a résumé is deleted, and the worker killed twice."""
    with stage(tmp_path_factory.mktemp("store"), AWS_STORAGE_BUCKET_NAME="resumes") as aws:
        yield play(aws)


def play(aws: Stage) -> Outage:
    aws.add(TAKES_NO_PICTURE)
    gone = aws.enter("gone", photo=500)
    wait_until(partial(is_held, gone), WITHIN)
    gone.applicant.http.delete(f"/api/v1/resumes/{gone.resume_id}/").raise_for_status()
    kept_of_the_deleted = kept(aws)

    stays = aws.enter("stays", photo=512, language="en")
    wait_until(lambda: kept(aws) == 2, WITHIN)
    behind = aws.enter("behind", photo=488)
    for scene in (stays, behind):
        wait_until(partial(is_held, scene), WITHIN)
    mask_calls_behind = len(aws.calls("InvokeEndpoint", of_width(488)))
    held_kinds = breakers(aws)
    aws.stack.kill("photos")

    aws.end_faults()
    aws.add(TAKES_NO_PORTRAIT)
    wait_until(lambda: stays.outcomes(PAINT)[:2] == ["store_away"] * 2, WITHIN)
    held_kinds |= breakers(aws)
    # A worker that starts tries at once.
    aws.stack.kill("photos")

    aws.end_faults()
    for scene in (stays, behind):
        scene.wait_for_end("photo.state")
    return Outage(aws, stays, behind, held_kinds, kept_of_the_deleted, mask_calls_behind)


def of_width(width: int) -> str:
    return rf'"width": {width},'


def is_held(scene: Scene) -> bool:
    """Whether the person was told, in their language, that it takes longer and goes on by itself."""
    with translation.override(scene.resume()["language"]):
        sentence = str(presentation.HELD)
    return any(data["detail"] == sentence and data["waiting"] for data in scene.told("photo.state"))


def kept(aws: Stage) -> int:
    """Files in the database."""
    return int(aws.stack.rows("select count(*) from workers_keptfile")[0][0])


def breakers(aws: Stage) -> dict[str, list[str]]:
    rows = aws.stack.rows("select kind, provider, code from workers_breaker where open = 1")
    return {kind: said for kind, *said in rows}


def test_nothing_is_paid_twice(outage: Outage):
    # Given a store that was away for both, and a worker that was killed each time
    # Then each mask and each portrait was paid once, and saving alone was tried again
    for width in (512, 488):
        assert len(outage.stage.calls("InvokeEndpoint", of_width(width))) == 2
    assert len(outage.stage.calls("InvokeModel")) == 2 * 3
    for kind in (MASK, PAINT):
        *before, last = outage.stays.outcomes(kind)
        # The worker may have been killed in the middle of saving.
        assert set(before) <= {"store_away", "lost"}
        assert last == "done"
    assert outage.stays.tries(PAINT)[1].calls == 0


def test_nothing_is_paid_for_others_meanwhile(outage: Outage):
    assert outage.mask_calls_behind == 0


def test_the_operator_is_told_who_is_away(outage: Outage):
    assert outage.held_kinds == {kind: ["store", "store_away"] for kind in (MASK, PAINT)}
    assert outage.stage.log("photos", f"{MASK}: store is held")


def test_a_deleted_resume_leaves_no_bytes_in_database_or_bucket(outage: Outage):
    assert outage.kept_of_the_deleted == 0
    known = {row[0] for row in outage.stage.stack.rows("select id from photos_photo")}
    objects = httpx.get(f"{outage.stage.stack.double_url}/_double/bucket").json()
    assert {name.split("/")[1] for name in objects} == known


def test_when_the_store_is_back_all_is_done_and_nothing_stays_in_the_database(outage: Outage):
    for scene in (outage.stays, outage.behind):
        photo = scene.resume()["photo"]
        assert (photo["state"], len(photo["candidates"])) == ("done", 4)
    assert kept(outage.stage) == 0
