"""Corrections acting at once: what the memory of the head that serves holds, what it says, and when it is silent."""

from dataclasses import replace

import pytest

from gatedclip.config import TrainConfig
from gatedclip.curriculum import DRAWN
from gatedclip.errors import DataError, NotAllowed, NotFound
from gatedclip.learn.memory import Setting
from gatedclip.remembering import DECIDED, KEPT, START, VALIDATION, State
from gatedclip.team import LOCAL_ROLE
from gatedclip.types import Label, Role, Split
from gatedclip.workbench import MemeFilter, Workbench

H, B, UNSURE = Label.HATEFUL, Label.BENIGN, Label.UNSURE
QUICK = TrainConfig(epochs=3, warmup=1, learning_rate=3e-3, gate_hold=0)


@pytest.fixture
def taught(teach):
    """A base set of 100, 30 memes to review and one promoted head."""
    return teach(30, QUICK)


def decide(bench, label, meme_id=None, by="anna"):
    meme = bench.claim(by, meme_id)
    return bench.decide(meme, label, by)


def decided(bench, labels):
    """Ids of waiting memes decided with these labels in turn."""
    return [decide(bench, label).meme_id for label in labels]


def turned(bench, meme) -> Label:
    """The label that the head does not give."""
    return B if alone(bench, meme).label is H else H


def alone(bench, meme):
    return bench.predict([meme], bench.champion())[0]


def copy_of(bench, meme):
    """Another meme that is the same to the head: the same picture, and words that differ in their case alone."""
    receipt = bench.upload([("copy.jpg", bench.picture(meme.picture, "full"))], meme.text.upper())
    return bench.meme(receipt.added[0])


def test_before_anything_is_decided_the_head_speaks_alone(taught):
    meme = taught.claim("anna")
    assert taught.predict([meme])[0] == alone(taught, meme)
    assert taught.remembers() == State()
    assert taught.predict([]) == []


def test_the_first_correction_turns_a_copy_at_once_and_is_shown_as_the_reason(taught):
    meme = taught.claim("anna")
    copy = copy_of(taught, meme)
    before, label = alone(taught, copy), turned(taught, meme)
    decide(taught, label, meme.id)
    (said,) = taught.predict([copy])
    assert said.label is label is not before.label
    assert (said.recalled.probability, said.recalled.threshold) == (before.probability, before.threshold)
    (near,) = said.recalled.neighbours
    assert (near.meme_id, near.hateful) == (meme.id, label is H)
    assert near.similarity == pytest.approx(1, abs=0.01)
    reach = (near.similarity - START.floor) / (1 - START.floor)
    target = float(label is H)
    assert said.probability == pytest.approx(before.probability + START.mix * reach * (target - before.probability))


def test_a_meme_does_not_speak_about_itself(taught):
    meme = taught.claim("anna")
    decide(taught, turned(taught, meme), meme.id)
    assert taught.predict([taught.meme(meme.id)])[0].recalled is None


def test_what_is_taken_back_reopened_or_left_unsure_is_forgotten_at_once(taught):
    first, second, third = decided(taught, [H, B, UNSURE])
    assert taught.remembers().size == 2
    taught.undo("anna")  # of the unsure one, which was never in
    taught.undo("anna")
    assert taught.remembers().size == 1
    taught.reopen(first, "anna")
    assert taught.remembers().size == 0
    decide(taught, H, second)
    assert taught.remembers().size == 1
    taught.erase(second, "lea")
    assert taught.remembers().size == 0
    assert third


def test_what_people_in_quarantine_decided_is_not_in_it(taught):
    decide(taught, H, by="mallory")
    decide(taught, B)
    assert taught.remembers().size == 2
    taught.team.quarantine("mallory", True, "lea")
    assert taught.remembers().size == 1
    taught.team.quarantine("mallory", False, "lea")
    assert taught.remembers().size == 2


def test_what_was_drawn_to_become_gold_or_is_gold_is_not_in_it(taught):
    first, second = decided(taught, [H, B])
    taught.store.settings.put(DRAWN, [first])
    assert taught.remembers().size == 1
    taught.store.decisions.place(second, Split.GOLD, B)
    assert taught.remembers().size == 0


def test_what_the_head_has_learned_leaves_its_memory_and_what_was_decided_otherwise_since_comes_back(taught):
    decided(taught, [H, B] * 4)
    assert taught.remembers().size == 8
    taught.promote(taught.retrain(QUICK, "anna").id, "lea", "to see its memory", override=True)
    assert taught.remembers() == State()
    (learned,) = taught.memes(MemeFilter(split=Split.QUEUE, label=H), limit=1)
    taught.reopen(learned.id, "anna")
    decide(taught, B, learned.id)
    assert taught.remembers().size == 1
    taught.roll_back("lea")
    assert taught.remembers().size == 8


def test_two_workbenches_on_one_record_remember_the_same(taught, tiny_backbone):
    other = Workbench.open(replace(taught.settings, backbone=tiny_backbone))
    assert other.remembers().size == 0
    decided(taught, [H, B, H])
    assert other.remembers().size == 3
    meme = taught.claim("ben")
    assert other.predict([meme]) == taught.predict([meme])
    other.store.close()


def test_with_ten_decisions_of_both_labels_it_is_chosen_by_itself_and_again_when_they_have_doubled(taught):
    decided(taught, [H] * 3 + [B] * 6)
    assert taught.remembers().chosen_on == 0
    decided(taught, [B])
    state = taught.remembers()
    assert (state.chosen_on, state.size, set(state.effects)) == (10, 10, {VALIDATION, DECIDED})
    assert state.effects[DECIDED].n == 10
    assert replace(State.of(taught.store.settings.get(KEPT)[str(taught.champion().id)]), size=10) == state
    decided(taught, [H, B] * 4)
    assert taught.remembers().chosen_on == 10
    decided(taught, [H, B])
    assert taught.remembers().chosen_on == 20


def test_one_label_alone_chooses_nothing_and_says_what_is_missing(taught):
    decided(taught, [H] * 11)
    assert taught.remembers().chosen_on == 0
    with pytest.raises(DataError, match=r"that v1 has not learned from: 11\. A choice needs 10, 3 of either label"):
        taught.choose_memory("lea")


def test_the_threshold_and_the_mix_that_were_chosen_are_the_ones_that_serve(taught):
    meme = taught.claim("anna")
    copy = copy_of(taught, meme)
    decide(taught, turned(taught, meme), meme.id)
    state = State(True, Setting(0.5, 0.2, 5), 0.37, chosen_on=5)
    taught.store.settings.put(KEPT, {str(taught.champion().id): state.plain()})
    (said,) = taught.predict([copy])
    assert said.threshold == 0.37
    near = said.recalled.neighbours[0]
    reach = (near.similarity - 0.2) / 0.8
    was, target = said.recalled.probability, float(near.hateful)
    assert said.probability == pytest.approx(was + 0.5 * reach * (target - was))


def test_switched_off_the_head_speaks_alone_until_it_is_switched_on(taught):
    meme = taught.claim("anna")
    copy = copy_of(taught, meme)
    decide(taught, turned(taught, meme), meme.id)
    assert not taught.switch_memory(False, "lea").on
    assert taught.predict([copy])[0] == alone(taught, copy)
    taught.switch_memory(True, "lea")
    assert taught.predict([copy])[0].recalled is not None


def test_only_leads_switch_and_choose(taught):
    taught.team.choose(LOCAL_ROLE, Role.MODERATOR.value, "lea")
    with pytest.raises(NotAllowed):
        taught.switch_memory(False, "anna")
    with pytest.raises(NotAllowed):
        taught.choose_memory("anna")


def test_a_decision_keeps_the_score_that_was_served(taught):
    meme = taught.claim("anna")
    copy = copy_of(taught, meme)
    decide(taught, turned(taught, meme), meme.id)
    (served,) = taught.predict([copy])
    kept = decide(taught, H, copy.id, by="ben")
    assert (kept.probability, kept.threshold) == (served.probability, served.threshold)
    assert served.probability != alone(taught, copy).probability


def test_a_picture_that_is_not_stored_is_remembered_about_too(taught):
    meme = taught.claim("anna")
    decide(taught, turned(taught, meme), meme.id)
    _, said = taught.predict_file(taught.picture(meme.picture, "full"), meme.text)
    assert [near.meme_id for near in said.recalled.neighbours] == [meme.id]


def test_without_a_head_there_is_no_memory(bench):
    with pytest.raises(NotFound, match="No head serves yet"):
        bench.remembers()
