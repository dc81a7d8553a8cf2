"""Choosing the next batch from a stored workbench, and what its part drawn by chance tells."""

import os

import pytest
from bringing import png

from gatedclip.config import TrainConfig
from gatedclip.errors import DataError, NotAllowed, NotFound
from gatedclip.learn.selecting.batch import HOW
from gatedclip.learn.selecting.live import LEAST
from gatedclip.team import LOCAL_ROLE, SECOND_SHARE
from gatedclip.types import ASKED, JobStatus, Label, Pick
from gatedclip.worker import run

H, B = Label.HATEFUL, Label.BENIGN
QUICK = TrainConfig(epochs=3, warmup=1, learning_rate=3e-3, gate_hold=0)


@pytest.fixture
def taught(teach):
    """A workbench with a base set of 100, 40 memes to review and one promoted head."""
    return teach(40, QUICK)


def test_every_strategy_has_words_for_before_the_decision():
    assert set(ASKED) == set(HOW)


def test_a_batch_mixes_strategies_always_draws_some_by_chance_and_comes_first(taught):
    said = []
    picks = taught.choose("anna", lambda fraction, message: said.append(fraction))
    assert said[-1] == 1.0
    assert picks == taught.picks()
    assert len({pick.meme_id for pick in picks}) == len(picks) == 20
    drawn = [pick for pick in picks if pick.strategy == "random"]
    assert len(drawn) == 4
    assert {pick.chance for pick in drawn} == {4 / 40}
    assert {(pick.batch, pick.seed, pick.version_id) for pick in picks} == {(1, 1, taught.champion().id)}
    assert all(pick.reason and 0 < pick.chance <= 1 for pick in picks)
    assert [taught.claim(f"person {n}").id for n in range(20)] == [pick.meme_id for pick in picks]


def test_the_same_seed_chooses_the_same_and_the_next_batch_has_another(taught):
    first = [(p.meme_id, p.strategy, p.reason, p.chance) for p in taught.choose("anna", seed=5)]
    again = [(p.meme_id, p.strategy, p.reason, p.chance) for p in taught.choose("anna", seed=5)]
    assert first == again
    third = taught.choose("anna")
    assert (third[0].batch, third[0].seed) == (3, 3)
    assert taught.pick_of(third[0].meme_id) == third[0]


def test_decided_assigned_and_drawn_memes_are_not_chosen_anew(taught):
    taught.decide(taught.claim("anna"), H, "anna")
    mine = taught.claim("anna").id
    taught.assign([mine], "ben", "lea")
    waiting = set(taught.store.picks.open())
    gold = min(waiting)
    taught.store.settings.put("gold: drawn", [gold])
    picks = taught.choose("anna")
    assert {pick.meme_id for pick in picks if not pick.second} <= waiting - {gold, mine}
    assert {pick.chance for pick in picks if pick.strategy == "random"} == {4 / len(waiting - {gold})}


def test_decided_memes_are_chosen_only_to_be_answered_again(taught):
    taught.team.choose(SECOND_SHARE, 0.0, "lea")
    for n, meme_id in enumerate(taught.store.picks.open()[:24]):
        answer(taught, meme_id, agree=n > 3)
    picks, waiting = taught.choose("anna"), set(taught.store.picks.open())
    assert {pick.meme_id in waiting for pick in picks if not pick.second} == {True}
    assert not {pick.meme_id for pick in picks if pick.second} & waiting
    assert any(pick.second for pick in picks)


def test_nothing_is_chosen_without_a_head(bench):
    with pytest.raises(NotFound, match="No head serves"):
        bench.choose("anna")
    assert bench.picks() == []


def test_nothing_is_chosen_where_nothing_waits_for_anyone(taught):
    taught.assign(taught.store.picks.open(), "ben", "lea")
    with pytest.raises(DataError, match="Bring memes first"):
        taught.choose("anna")
    assert taught.picks() == []


def test_only_those_who_may_review_choose(taught):
    taught.team.choose(LOCAL_ROLE, "researcher", "lea")
    for verb in (taught.choose, taught.start_choosing):
        with pytest.raises(NotAllowed):
            verb("rita")
    assert taught.job("choose") is None


def test_a_job_chooses_a_batch_and_says_which(taught):
    job = taught.store.jobs.start("choose", "anna", {})
    run(taught, job.id)
    ended = taught.job("choose")
    assert (ended.status, ended.result, ended.pid) == (JobStatus.DONE, {"batch": 1}, os.getpid())
    assert len(taught.picks()) == 20


# --- the live estimate --------------------------------------------------------------------------------------------


def drawn(bench, n, chance=0.1):
    """Memes drawn by chance, as a batch would hold them."""
    version, ids = bench.champion().id, bench.store.picks.open()[:n]
    bench.store.picks.add([Pick(meme_id, "random", "drawn", chance, 1, version) for meme_id in ids])
    return ids


def answer(bench, meme_id, agree=True, **more):
    """Says what the head says, or the other."""
    meme = bench.claim("anna", meme_id)
    said = bench.predict([meme])[0].label
    return bench.decide(meme, said if agree else (B if said is H else H), "anna", **more)


def test_there_is_no_estimate_without_a_head(bench):
    assert bench.live_estimate() is None


def test_too_few_answers_for_an_estimate_are_said(taught):
    found = taught.live_estimate()
    assert (found.drawn, found.answered, found.accuracy, found.auroc) == (0, 0, None, None)
    assert "not enough yet for accuracy: 0 of 10 answers" in found.note


def test_accuracy_is_that_on_the_drawn_memes_alone(taught):
    taught.team.choose(SECOND_SHARE, 0.0, "lea")
    ids = drawn(taught, LEAST + 2)
    for n, meme_id in enumerate(ids[:LEAST]):
        answer(taught, meme_id, agree=n >= 3)
    for meme_id in taught.store.picks.open()[-5:]:
        answer(taught, meme_id, agree=False)  # chosen by nobody: tells nothing
    found = taught.live_estimate()
    assert (found.drawn, found.answered) == (LEAST + 2, LEAST)
    assert found.accuracy.value == pytest.approx(0.7)
    assert found.accuracy.low < 0.7 < found.accuracy.high
    assert "2 of 12 drawn memes have no answer" in found.note


def test_answers_that_the_head_said_first_and_those_of_people_in_quarantine_do_not_count(taught):
    ids = drawn(taught, 4)
    answer(taught, ids[0], assisted=True)
    answer(taught, ids[1])
    meme = taught.claim("ben", ids[2])
    taught.decide(meme, Label.UNSURE, "ben")
    assert (taught.live_estimate().drawn, taught.live_estimate().answered) == (4, 1)
    taught.team.quarantine("anna", True, "lea")
    assert taught.live_estimate().answered == 0


def test_answers_given_while_another_head_served_do_not_count_for_the_next(taught):
    ids = drawn(taught, 3)
    answer(taught, ids[0])
    taught.store.versions.promote(taught.retrain(TrainConfig(epochs=3, warmup=1, gate_hold=0, seed=1), "anna").id, "lea")
    assert (taught.live_estimate().drawn, taught.live_estimate().answered) == (2, 0)
    answer(taught, ids[1])
    assert (taught.live_estimate().drawn, taught.live_estimate().answered) == (2, 1)


def test_a_meme_without_vectors_is_embedded_on_the_way(taught):
    new = taught.upload([("new.png", png("green", 7))], text="words of its own").added[0]
    taught.choose("anna")
    assert new in taught.store.picks.open()
    assert taught.store.vectors.missing(taught.engine.encoder.identity, "picture", [taught.meme(new).picture]) == []
