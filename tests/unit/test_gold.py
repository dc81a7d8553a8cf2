"""Who may be among the memes that judge heads, and how a change of one shows."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatedclip.errors import DataError
from gatedclip.learn.gold import (
    Entry,
    Manifest,
    Nominee,
    Standing,
    agreed,
    content,
    freeze,
    part,
    require_unchanged,
    sample,
    standing,
)
from gatedclip.types import Action, Decision, Label

H, N, U = Label.HATEFUL, Label.BENIGN, Label.UNSURE


def says(reviewer: str, label: Label, **more) -> Decision:
    return Decision(1, Action.DECIDE, reviewer, label, **more)


def nominee(*answers: Decision, meme_id: int = 1, family: str = "") -> Nominee:
    return Nominee(meme_id, content("p", f"t{meme_id}"), family, answers)


def test_two_people_on_their_own_agree():
    assert agreed(nominee(says("anna", H), says("ben", H))) is H


@pytest.mark.parametrize("how", [{"assisted": True}, {"bulk": "k"}])
def test_an_answer_after_the_model_s_view_or_in_a_group_does_not_count(how):
    with pytest.raises(DataError, match="1 of 2 answers"):
        agreed(nominee(says("anna", H), says("ben", H, **how)))


def test_one_person_twice_is_one_person():
    with pytest.raises(DataError, match="1 of 2"):
        agreed(nominee(says("anna", H), says("anna", H)))


def test_where_two_differ_a_lead_settles_it():
    two = (says("anna", H), says("ben", N))
    with pytest.raises(DataError, match="1 hateful, 1 benign"):
        agreed(nominee(*two))
    assert agreed(nominee(*two, says("lea", N, adjudicates=True))) is N
    with pytest.raises(DataError, match="not settled"):
        agreed(nominee(*two, says("lea", U, adjudicates=True)))


def test_two_who_are_both_unsure_settle_nothing():
    with pytest.raises(DataError, match="2 unsure"):
        agreed(nominee(says("anna", U), says("ben", U)))


def test_a_draw_is_as_far_as_two_people_s_own_answers_carry_it():
    settled = nominee(says("anna", H), says("ben", H), meme_id=1)
    by_a_lead = nominee(says("anna", H), says("ben", N), says("lea", N, adjudicates=True), meme_id=2)
    differing = nominee(says("anna", H), says("ben", N), meme_id=3)
    waiting = [nominee(meme_id=4), nominee(says("anna", H), says("ben", H, assisted=True), meme_id=5)]
    found = standing([settled, by_a_lead, differing, *waiting])
    assert found == Standing(settled=2, open=1, waiting=2)
    assert (found.drawn, found.answered) == (5, 3)
    assert standing([]).drawn == 0


def test_a_relative_of_what_is_learned_from_is_left_out_and_so_is_the_same_meme():
    good = (says("anna", H), says("ben", H))
    alone, kin, same = (nominee(*good, meme_id=i, family=f) for i, f in ((1, ""), (2, "cats"), (3, "")))
    manifest, unfit = freeze([alone, kin, same], {same.content}, {"cats", ""})
    assert [e.meme_id for e in manifest.entries] == [1]
    assert list(unfit) == [2, 3]
    assert "family" in unfit[2]


def test_the_hash_is_of_ids_labels_and_contents_in_the_order_of_ids():
    two = Manifest.of([Entry(2, N, "b"), Entry(1, H, "a")])
    assert two.sha256 == hashlib.sha256(b"1 hateful a\n2 benign b").hexdigest()
    assert Manifest.from_plain([(2, "benign", "b"), (1, "hateful", "a")]) == two
    others = [Entry(3, H, "a"), Entry(1, N, "a"), Entry(1, H, "x")]
    assert len({two.sha256, *(Manifest.of([e, Entry(2, N, "b")]).sha256 for e in others)}) == 4


def test_a_manifest_whose_memes_changed_is_not_measured_on():
    frozen = Manifest.of([Entry(1, H, "a"), Entry(2, N, "b")])
    now = {e.meme_id: e for e in frozen.entries}
    require_unchanged(frozen, {**now, 9: Entry(9, H, "c")})
    for change in ({1: Entry(1, N, "a")}, {1: Entry(1, H, "z")}):
        with pytest.raises(DataError, match=r"0 are gone.*1 have another label or content \(\[1\]\)"):
            require_unchanged(frozen, {**now, **change})
    with pytest.raises(DataError, match=r"1 are gone \(\[2\]\)"):
        require_unchanged(frozen, {1: now[1]})


@given(st.sets(st.integers(1, 10_000), max_size=60), st.integers(0, 80), st.integers(0, 5))
def test_a_sample_is_seeded_without_repeats_and_never_more_than_there_is(ids, n, seed):
    drawn = sample(ids, n, seed)
    assert drawn == sample(list(ids)[::-1], n, seed)
    assert len(set(drawn)) == len(drawn) == min(n, len(ids))
    assert set(drawn) <= ids


def test_every_meme_is_as_likely_to_be_drawn_as_any_other():
    counts = [sum(i in sample(range(10), 3, seed) for seed in range(1000)) for i in range(10)]
    assert min(counts) > 240  # 300 expected, standard deviation 14.5
    assert max(counts) < 360


def test_the_sealed_part_is_apart_from_the_rest_and_always_the_same():
    whole = Manifest.of(Entry(i, H, content("p", str(i))) for i in range(200))
    rest, sealed = part(whole, 0.3)
    assert sorted(rest.entries + sealed.entries, key=lambda e: e.meme_id) == list(whole.entries)
    assert 40 <= len(sealed.entries) <= 80
    fewer = Manifest(whole.entries[:100])
    assert set(part(fewer, 0.3)[1].entries) == {e for e in sealed.entries if e.meme_id < 100}
    assert part(whole, 0) == (whole, Manifest(()))
    with pytest.raises(DataError, match=r"1\.5"):
        part(whole, 1.5)


def test_contents_differ_by_picture_and_by_words():
    assert len({content("p", "t"), content("q", "t"), content("p", "u")}) == 3
    assert replace(Entry(1, H, content("p", "t")), label=N) != Entry(1, H, content("p", "t"))
