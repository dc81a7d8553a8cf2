"""Promotion as an act: judged on held-out memes, refused with numbers, overridden in the open; gold from draw to sealed look."""

from dataclasses import replace

import pytest

from gatedclip import worker
from gatedclip.config import TrainConfig
from gatedclip.errors import DataError, NotAllowed, PromotionRefused
from gatedclip.learn.promotion import Bars
from gatedclip.store import MemeFilter
from gatedclip.types import Label, Split, Status

QUICK = TrainConfig(epochs=6, warmup=1, learning_rate=3e-3, gate_hold=0)
LENIENT = Bars(0, 0, 1, 1, 1, 0, 1, {}, 0, 0)


@pytest.fixture
def taught(teach):
    return teach(12, QUICK)


def decide(bench, meme, label, *people, **how) -> None:
    for person in people:
        bench.decide(bench.claim(person, meme.id), label, person, **how)


def test_the_first_head_was_judged_and_the_verdict_is_on_record(taught):
    (first,) = taught.promotions()
    assert [p["rule"] for p in first.verdict["passes"]][:2] == ["AUROC floor", "recall floor"]
    assert (first.override, first.verdict["refusals"]) == (False, [])
    assert first.manifest == taught.judge(taught.champion()).memes
    assert len(first.manifest) == 64


def test_the_same_head_again_is_no_change_and_only_an_override_with_a_reason_makes_it_serve(taught):
    again = taught.retrain(QUICK, "ben")
    assert [r.rule for r in taught.judge(again).refusals] == ["seed noise"]
    with pytest.raises(PromotionRefused, match="No change"):
        taught.promote(again.id, "lea", "why not")
    with pytest.raises(PromotionRefused, match="needs a reason"):
        taught.promote(again.id, "lea", override=True)
    assert taught.champion().id == 1
    made = taught.promote(again.id, "lea", "the old file is damaged", override=True)
    assert (taught.champion().id, made.override) == (2, True)
    assert taught.roll_back("lea").version_id == 1
    assert [p.override for p in taught.promotions()] == [False, True, False]
    assert taught.audit_promotions().sound


def test_bars_are_chosen_by_leads_and_hold_from_then_on(taught):
    again = taught.retrain(replace(QUICK, seed=1), "ben")
    taught.choose_bars(replace(LENIENT, auroc=1.0, recall=1.0, slices={"x": 0.5}), "lea")
    taught.store.settings.put("promotion: seed noise", {"deviation": 0.0})
    worse = taught.retrain(replace(QUICK, head="words", epochs=1, warmup=0), "ben")
    assert "AUROC floor" in [r.rule for r in taught.judge(worse).refusals]
    assert "gate spread" not in [r.rule for r in taught.judge(worse).passes]  # it has no gate
    assert "gate spread" in [r.rule for r in taught.judge(again).passes]


def test_a_must_pass_meme_that_is_judged_wrong_refuses(taught):
    wrong = taught.memes(MemeFilter(split=Split.QUEUE))[0]
    said = taught.predict([wrong])[0].label
    other = Label.BENIGN if said is Label.HATEFUL else Label.HATEFUL
    decide(taught, wrong, other, "anna")
    taught.require_right([wrong.id], "lea")
    refusal = next(r for r in taught.judge(taught.champion()).refusals if r.rule == "must pass")
    assert f"Wrong: {wrong.id}." in refusal.sentence
    assert taught.must_pass() == [wrong.id]


def test_without_held_out_memes_nothing_may_serve(taught):
    for meme in taught.memes(MemeFilter(split=Split.TEST, given=Label.HATEFUL), 100):
        taught.store.decisions.place(meme.id, Split.QUEUE, None)
    (refusal,) = taught.judge(taught.champion()).refusals
    assert (refusal.rule, refusal.after, refusal.bound) == ("held-out memes", 0, 1)


def test_decided_memes_are_scored_again_against_what_people_decided(taught):
    memes = taught.memes(MemeFilter(split=Split.QUEUE))[:4]
    for meme, said in zip(memes, taught.predict(memes), strict=True):
        decide(taught, meme, said.label, "anna")
    same = taught.retrain(QUICK, "ben")
    found = taught.shadow(taught.champion())
    assert (found.n, found.learned, found.changed, found.before.value, found.after.value) == (4, 0, 0, 1, 1)
    assert taught.shadow(same).learned == 4
    assert taught.shadow(same, 2).n == 2
    assert taught.shadow(same, 0).after is None


def test_the_effect_on_the_queue_is_the_share_flagged_before_and_after(taught):
    waiting = taught.memes(MemeFilter(split=Split.QUEUE, status=Status.WAITING), 100)
    flagged = sum(p.hateful for p in taught.predict(waiting))
    found = taught.queue_effect(taught.champion())
    assert (found.n, found.changed) == (12, 0)
    assert found.before.value == found.after.value == flagged / 12


def test_seed_noise_is_measured_and_then_asked_for(taught):
    deviation, areas = taught.measure_seed_noise(QUICK, range(2), "lea")
    assert deviation == pytest.approx(abs(areas[0] - areas[1]) / 2**0.5)
    assert taught.store.settings.get("promotion: seed noise")["seeds"] == [0, 1]
    assert len(taught.versions()) == 1


def test_reviewers_are_left_out_in_turn_by_the_worker_in_plain_words_and_numbers(taught):
    for n, meme in enumerate(taught.memes(MemeFilter(split=Split.QUEUE), 12)):
        decide(taught, meme, Label.HATEFUL if n % 2 else Label.BENIGN, "anna" if n < 6 else "ben")
    job = taught.store.jobs.start("reviewers", "lea", {"version_id": 1})
    worker.run(taught, job.id)
    found = taught.reviewers_measured(taught.version(1), "lea").result
    assert [(each["name"], each["decisions"]) for each in found["reviewers"]] == [("anna", 6), ("ben", 6)]
    assert all(0 <= each[part]["value"] <= 1 for each in found["reviewers"] for part in ("normal", "held"))
    assert found["sentence"].endswith((f"{found['change']['high']:+.3f}), on 12 decisions.", "would not be seen."))
    assert taught.reviewers_measured(taught.version(1), "lea").id == job.id


def gold_of(bench, fit: int = 8) -> list[int]:
    """A draw of all 12 waiting memes of which two people judged some on their own, as they are: red hateful, blue benign."""
    drawn = bench.draw_gold(12, "lea")
    for n, meme in enumerate(bench.store.memes.many(drawn)):
        if n < fit:
            decide(bench, meme, Label.HATEFUL if n % 2 else Label.BENIGN, "anna", "ben")
        else:
            decide(bench, meme, Label.HATEFUL, "anna", "ben", assisted=True)
    return drawn


def test_drawn_memes_ask_for_two_people_and_are_learned_from_by_nobody(taught):
    drawn = taught.draw_gold(3, "lea")
    assert {meme.answers for meme in taught.store.memes.many(drawn)} == {2}
    assert len(set(taught.draw_gold(20, "lea", seed=1)) & set(drawn)) == 0
    decide(taught, taught.meme(drawn[0]), Label.HATEFUL, "anna", "ben")
    assert taught.meme(drawn[0]).status is Status.DECIDED
    assert taught.lesson(QUICK).decisions == 0


def test_frozen_memes_judge_heads_from_then_on_and_a_change_of_one_stops_that(taught):
    drawn = gold_of(taught)
    before = taught.judge(taught.champion()).memes
    found = taught.freeze_gold("lea", sealed=0)
    assert (len(found.gold.entries), found.reserve, sorted(found.unfit)) == (8, None, drawn[8:])
    assert "without the model's view" in found.unfit[drawn[8]]
    verdict = taught.judge(taught.champion())
    assert verdict.memes != before
    assert "slice hidden gold" in [r.rule for r in (*verdict.passes, *verdict.refusals)]
    assert taught.lesson(QUICK).decisions == 4  # what was unfit is learned from like any other
    assert taught.audit().sound
    taught.edit_words(drawn[0], "other words", "anna")
    with pytest.raises(DataError, match="1 have another label or content"):
        taught.judge(taught.champion())
    assert len(taught.freeze_gold("lea").gold.entries) == 7


def test_the_reserve_is_shown_to_nobody_and_every_look_is_counted(taught):
    gold_of(taught, 12)
    found = taught.freeze_gold("lea", sealed=0.7)
    sealed = [meme_id for meme_id, _, _ in found.reserve.entries]
    assert sorted([*sealed, *(i for i, _, _ in found.gold.entries)]) == sorted(range(101, 113))
    assert taught.store.queue.claim("carl", split=Split.GOLD).id not in sealed
    assert not set(sealed) & set(taught.store.memes.all_keys().ids.tolist())
    for number in (1, 2):
        look = taught.look(taught.champion(), "lea")
        assert (look.number, look.by, look.version_id, look.result["n"]) == (number, "lea", 1, len(sealed))
    assert [each.number for each in taught.looks()] == [1, 2]


def test_nothing_sealed_cannot_be_looked_at(taught):
    with pytest.raises(DataError, match="Nothing is sealed"):
        taught.look(taught.champion(), "lea")
    with pytest.raises(DataError, match="No meme is fit to be gold"):
        taught.freeze_gold("lea")


def test_who_may_not_promote_neither_draws_nor_looks(taught):
    taught.team.choose("local role", "moderator", "lea")
    version = taught.champion()
    for act in (
        lambda: taught.choose_bars(Bars(), "anna"),
        lambda: taught.require_right([1], "anna"),
        lambda: taught.measure_seed_noise(QUICK, range(2), "anna"),
        lambda: taught.draw_gold(1, "anna"),
        lambda: taught.freeze_gold("anna"),
        lambda: taught.look(version, "anna"),
    ):
        with pytest.raises(NotAllowed, match="Ask an admin"):
            act()
