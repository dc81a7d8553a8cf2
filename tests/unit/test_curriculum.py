"""Which stored answers the next head learns from."""

import pytest
from bringing import png

from gatedclip import curriculum
from gatedclip.config import TrainConfig
from gatedclip.store import MemeFilter
from gatedclip.types import Label, Split, Status

H, N, U = Label.HATEFUL, Label.BENIGN, Label.UNSURE
QUICK = TrainConfig(epochs=3, warmup=1, learning_rate=3e-3, gate_hold=0)


@pytest.fixture
def taught(teach):
    """A workbench with a base set of 100, four memes to review and one promoted head."""
    return teach(4, QUICK)


def split_over(bench, *answers):
    """A meme that so many people must answer, answered."""
    for name in ("anna", "ben"):
        bench.add_reviewer(name)
    bench.team.choose("second share", 1.0, "the tests")
    meme = bench.claim(answers[0][0])
    for n, (who, label) in enumerate(answers):
        bench.decide(meme if not n else bench.claim(who, meme.id), label, who)
    return meme


def test_two_blind_people_who_differ_teach_a_soft_target(taught):
    meme = split_over(taught, ("anna", H), ("ben", N))
    assert taught.meme(meme.id).status is Status.CONFLICT
    lesson = taught.lesson(QUICK)
    assert (lesson.ids[-1], lesson.hateful[-1], lesson.decisions, lesson.soft) == (meme.id, 0.5, 1, 1)


def test_a_lead_settles_what_is_taught(taught):
    meme = split_over(taught, ("anna", H), ("ben", N))
    taught.decide(taught.claim("lea", meme.id), H, "lea")
    lesson = taught.lesson(QUICK)
    assert (lesson.ids[-1], lesson.hateful[-1], lesson.decisions, lesson.soft) == (meme.id, 1.0, 1, 0)


def test_a_first_answer_that_awaits_a_second_teaches_nothing(taught):
    split_over(taught, ("anna", H))
    assert taught.lesson(QUICK).decisions == 0


def test_half_a_conflict_teaches_nothing_once_the_other_half_is_in_quarantine(taught):
    split_over(taught, ("anna", H), ("ben", N))
    taught.team.quarantine("ben", True, "the tests")
    assert taught.lesson(QUICK).decisions == 0


def test_kin_of_a_leaking_meme_are_left_out_with_it(taught):
    held = taught.memes(MemeFilter(split=Split.TEST))[0]
    leak, kin = (taught.upload([(f"{c}.png", png(c))], text=t).added[0] for c, t in (("green", held.text), ("yellow", "other")))
    for meme_id, label in ((leak, H), (kin, N)):
        taught.decide(taught.claim("anna", meme_id), label, "anna")
    assert taught.lesson(QUICK).ids[-1] == kin
    taught.store.memes.join_families([[leak, kin]])
    lesson = taught.lesson(QUICK)
    assert (lesson.decisions, lesson.leaking) == (0, 2)


def test_what_was_said_comes_in_the_order_last_decided(taught):
    one, two = taught.claim("anna"), None
    taught.decide(one, H, "anna")
    two = taught.claim("anna")
    taught.decide(two, N, "anna")
    taught.decide(taught.claim("ben", one.id), N, "ben")
    found = curriculum.said(taught.store, curriculum.columns(taught.store, demo=False))
    assert [(each.meme_id, len(each.answers)) for each in found] == [(two.id, 1), (one.id, 2)]
