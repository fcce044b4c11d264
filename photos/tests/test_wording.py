"""What image models are told: shipped, edited by curators, and never cut."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from photos import seeding
from photos.models import Seed, Wording
from photos.outpainting import PLAIN_STYLES, Words, style
from photos.outpainting.prompts import DEFAULTS, GENDERS, LONGEST, SEEDS, longest
from photos.types import Gender
from photos.wording import candidate_requests

pytestmark = pytest.mark.django_db

GOOD = "Studio portrait of a young Korean woman in {look}, plain backdrop"


@pytest.fixture
def row() -> Wording:
    return Wording.objects.get(style="navy_suit", gender="female")


# --- shipped -------------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", PLAIN_STYLES)
@pytest.mark.parametrize("gender", GENDERS)
def test_every_shipped_wording_would_pass_the_desk(slug: str, gender: Gender | None) -> None:
    row = Wording.objects.get(style=slug, gender=gender or "unknown")
    row.full_clean()
    assert row.words == DEFAULTS[slug, gender]
    assert not row.edited


def test_a_curators_edit_outlives_new_releases_and_the_rest_follows(row: Wording, monkeypatch) -> None:
    # Given a prompt that a curator edited, whose negative text they left alone
    row.text = GOOD
    row.save()
    # When a release brings other defaults
    monkeypatch.setitem(DEFAULTS, ("navy_suit", "female"), Words("A new portrait of {look} now", "a new list"))
    seeding.seed()
    # Then the edit stays and the other text follows
    row.refresh_from_db()
    assert row.words == Words(GOOD, "a new list")
    assert row.edited


def test_seeding_again_changes_nothing_and_brings_back_what_is_missing(row: Wording) -> None:
    # Given a row too few, and another seed
    row.delete()
    Seed.objects.filter(number=2).update(seed=777)
    # When it is seeded twice
    seeding.seed()
    seeding.seed()
    # Then everything is there once, the curator's seed too
    assert Wording.objects.count() == len(DEFAULTS)
    assert list(Seed.objects.values_list("seed", flat=True)) == [SEEDS[0], 777, SEEDS[2]]


# --- used ----------------------------------------------------------------------------------------


def test_an_edit_is_what_the_next_picture_is_painted_from(row: Wording) -> None:
    # Given an edited prompt and seed
    row.text, row.negative = GOOD, "hats"
    row.save()
    Seed.objects.filter(number=3).update(seed=777)
    # When the requests of a portrait are made
    made = candidate_requests(style("navy_suit", "female"))
    # Then each has its look, the edited words and its seed
    assert [request.seed for request in made] == [42, 43, 777]
    assert made[0].words == Words(GOOD.format(look=style("navy_suit", "female").looks[0].words), "hats")
    assert len({request.words.text for request in made}) == 3


def test_a_missing_row_falls_back_to_the_shipped_default() -> None:
    # Given no rows at all
    Wording.objects.all().delete()
    Seed.objects.all().delete()
    # Then there is something to paint from for every style and gender
    for slug in (*PLAIN_STYLES, "black_suit_shirt"):
        for gender in GENDERS:
            assert [request.seed for request in candidate_requests(style(slug, gender))] == list(SEEDS)


def test_the_chosen_garment_is_in_the_words(row: Wording) -> None:
    assert "tie" in candidate_requests(style("navy_suit_shirt", "female"))[0].words.text
    assert "blouse" in candidate_requests(style("navy_suit_blouse", "male"))[0].words.text


# --- edited --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("text", "정장을 입은 여성 {look}", "foreign"),
        ("text", "{look} {} ???", "placeholder"),
        ("text", "A portrait of {look", "braces"),
        ("text", "A portrait of } in {look}", "braces"),
        ("text", "A portrait of {sitter} in {look}", "placeholder"),
        ("text", "A portrait in {look!r}", "placeholder"),
        ("text", "A portrait in {look:>900}", "placeholder"),
        ("text", "A portrait in {{look}}", "placeholder"),
        ("text", "A portrait of a woman in a suit", "look_missing"),
        ("text", "... {look} ...", "wordless"),
        ("text", "  \n ", "wordless"),
        ("text", f"{GOOD}{' and so on' * 60}", "too_long"),
        ("negative", "hats, {look}", "placeholder"),
        ("negative", "모자", "foreign"),
        ("negative", "!!!", "wordless"),
        ("negative", "hat, " * 120, "too_long"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(row: Wording, field: str, text: str, code: str) -> None:
    # Given a row with one bad text, When it is cleaned
    setattr(row, field, text)
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    # Then that text is named, with what is wrong
    assert list(refused.value.error_dict) == [field]
    assert code in {error.code for error in refused.value.error_dict[field]}


def test_own_clothes_have_no_outfit_to_put_in() -> None:
    row = Wording.objects.get(style="own_clothes", gender="male")
    row.text = GOOD
    with pytest.raises(ValidationError, match="내 옷 그대로"):
        row.full_clean()


def test_the_limit_counts_the_outfit_put_in(row: Wording) -> None:
    # Given a text that is short enough alone, and too long with the longest outfit
    room = LONGEST - longest(GOOD)
    row.text = GOOD + "x" * room
    row.full_clean()
    # When one more character comes, Then it is refused
    row.text += "x"
    with pytest.raises(ValidationError, match="513자"):
        row.full_clean()


@pytest.mark.parametrize("seed", [0, 43, 1043, 900_000_000])
def test_seeds_that_repeat_a_picture_or_break_a_models_limit_are_refused(seed: int) -> None:
    row = Seed.objects.get(number=1)
    row.seed = seed
    with pytest.raises(ValidationError):
        row.full_clean()


def test_a_curator_edits_and_restores_at_the_desk(admin_client: Client, row: Wording) -> None:
    # Given the list and the form
    assert admin_client.get("/admin/photos/wording/").status_code == 200
    address = f"/admin/photos/wording/{row.pk}/change/"
    assert "모델에 보내는 글" in admin_client.get(address).content.decode()
    # When nonsense is sent, Then the form comes back with the sentence
    answer = admin_client.post(address, {"text": "정장", "negative": row.negative})
    assert "영어만" in answer.content.decode()
    # When a good text is sent, with a line break in it, Then it is kept on one line
    answer = admin_client.post(address, {"text": GOOD.replace(", ", ",\r\n"), "negative": row.negative})
    assert answer.status_code == 302, answer.content
    row.refresh_from_db()
    assert row.text == GOOD
    assert row.edited
    # When it is restored, Then the shipped text is back
    admin_client.post("/admin/photos/wording/", {"action": "restore", "_selected_action": [row.pk]})
    row.refresh_from_db()
    assert row.words == DEFAULTS["navy_suit", "female"]
    assert not row.edited


def test_rows_are_neither_added_nor_deleted(admin_client: Client, row: Wording) -> None:
    assert admin_client.get("/admin/photos/wording/add/").status_code == 403
    assert admin_client.post(f"/admin/photos/wording/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert admin_client.get("/admin/photos/seed/").status_code == 200
