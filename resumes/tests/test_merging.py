"""The reader's text equals the writer's, whatever is lost, repeated or overtaken in between."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resumes.merging import merge
from workers.events.text import Gap, Progress, after
from workers.events.wire import Entry


def entry(number, name, fence=1, **data):
    return Entry(f"{number}-0", name, {"version": 1, "section": 1, "fence": fence, **data})


def delta(number, offset, text, fence=1):
    return entry(number, "letter.delta", fence, offset=offset, text=text)


def read(progress, entries, text=""):
    """What a client makes of the events."""
    for each in entries:
        for name, data in progress.take(each):
            text = "" if name == "letter.reset" else text + data.get("text", "")
    return text


def test_repeated_and_overlapping_pieces_count_once():
    entries = [delta(1, 0, "가나"), delta(2, 0, "가나"), delta(3, 1, "나다라")]
    assert read(Progress(), entries) == "가나다라"


def test_a_gap_is_noticed():
    with pytest.raises(Gap):
        read(Progress(), [delta(1, 0, "가"), delta(2, 2, "다")])


def test_a_writer_that_lost_its_lease_is_not_heard():
    old = [delta(1, 0, "옛글", fence=1), delta(3, 2, "옛", fence=1)]
    new = [delta(2, 0, "새", fence=2), delta(4, 1, "글", fence=2)]
    entries = [old[0], new[0], old[1], new[1]]
    assert read(Progress(), entries) == "새글"


def test_internal_fields_do_not_reach_the_client():
    ((name, data),) = Progress().take(delta(1, 0, "가"))
    assert (name, data) == ("letter.delta", {"version": 1, "section": 1, "text": "가"})


def row(text, fence=1, complete=False):
    return {"number": 1, "text": text, "fence": fence, "complete": complete}


def letter(text, state="writing"):
    return {"version": 1, "state": state, "sections": [{"number": 1, "text": text, "characters": len(text)}]}


def test_a_snapshot_takes_from_the_log_what_the_row_does_not_have_yet():
    shown = letter("가")
    merged = merge(shown, [row("가")], [entry(1, "letter.section"), delta(2, 0, "가나"), delta(3, 2, "다")])
    assert shown["sections"][0]["text"] == "가나다"
    assert merged.same_as_log


def test_a_snapshot_keeps_the_row_when_the_log_was_emptied():
    shown = letter("가나다")
    merged = merge(shown, [row("가나다")], [delta(9, 5, "바")])
    assert shown["sections"][0]["text"] == "가나다"
    assert not merged.same_as_log
    # And the piece that cannot follow is noticed as a gap
    with pytest.raises(Gap):
        merged.progress.take(delta(10, 6, "사"))


@given(text=st.text(min_size=1, max_size=60), data=st.data())
def test_snapshot_plus_what_follows_is_the_writers_text(text, data):
    # Given a text published in pieces, a row that lags behind, and a log that may have lost its beginning
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=8)) | {0, len(text)})
    entries = [delta(n + 1, a, text[a:b]) for n, (a, b) in enumerate(pairwise(cuts))]
    seen = data.draw(st.integers(0, len(entries)))
    lost = data.draw(st.integers(0, seen))
    saved = data.draw(st.integers(0, len(text)))
    shown = letter(text[:saved])
    # When a client is shown a snapshot and then the rest
    merged = merge(shown, [row(text[:saved])], entries[lost:seen])
    try:
        got = read(merged.progress, entries[seen:], shown["sections"][0]["text"])
    except Gap:
        # Then either it is noticed that the row must catch up first
        assert lost
        return
    if merged.behind or (lost and seen == len(entries)):
        # (with nothing left in the log, the next event has a new epoch and shows the row again)
        assert text.startswith(got)
    else:
        # Or the text is exact
        assert got == text


@given(text=st.text(min_size=1, max_size=60), data=st.data())
def test_resuming_repeats_and_loses_nothing(text, data):
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=8)) | {0, len(text)})
    entries = [delta(n + 1, a, text[a:b]) for n, (a, b) in enumerate(pairwise(cuts))]
    known = data.draw(st.integers(0, len(entries)))
    before = read(Progress(), entries[:known])
    assert read(after(entries[:known]), entries[known:], before) == text
