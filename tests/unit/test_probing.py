from dataclasses import replace

import numpy as np
import pytest
import torch
from bringing import dataset, png

from gatedclip.config import TrainConfig
from gatedclip.data.text import text_key
from gatedclip.errors import LeaseLost, StoreError
from gatedclip.probing import Lab, cosine
from gatedclip.store import DecisionFilter, MemeFilter
from gatedclip.types import Action, Label, NewMeme, Probe, Split, Status

QUICK = TrainConfig(epochs=6, warmup=1, learning_rate=3e-3, gate_hold=0)


@pytest.fixture
def taught(teach):
    """A workbench with a base set of 100, four memes to review and one promoted head."""
    return teach(4, QUICK)


def first(bench):
    return bench.memes(MemeFilter(split=Split.QUEUE), 1)[0]


def stored(bench, text, picture, vector):
    """A meme whose picture's vector and words' vector are both `vector` on the first axes."""
    (meme_id,) = bench.store.memes.add([NewMeme(picture, text, "by hand")])
    row = np.zeros((1, 16), np.float32)
    row[0, : len(vector)] = vector
    identity = bench.engine.encoder.identity
    bench.store.vectors.put(identity, "picture", [picture], row)
    bench.store.vectors.put(identity, "words", [text_key(text)], row)
    return bench.meme(meme_id)


# --- asking -------------------------------------------------------------------------------------------------------


def test_a_meme_asked_about_in_the_lab_is_answered_as_anywhere_else(taught):
    meme = first(taught)
    answer = taught.ask(Probe.of(meme))
    assert answer.prediction == taught.predict([meme])[0]
    assert answer.ledger == taught.ledger(meme)
    heat, known = taught.heat(Probe.of(meme)), taught.explain(meme)
    assert (heat.patches == known.patches).all()
    assert heat.words == known.words


def test_asking_stores_no_meme_no_vector_and_no_explanation(taught):
    meme, store = first(taught), taught.store
    stamp = store.memes.stamp()
    probes = [replace(Probe.of(meme), text="words nobody wrote"), taught.probe_file(png("green"), "others nobody wrote")]
    for probe in probes:
        taught.ask(probe), taught.heat(probe)
    identity = taught.engine.encoder.identity
    keys = [text_key(probe.text) for probe in probes]
    assert store.memes.stamp() == stamp
    assert store.vectors.missing(identity, "words", keys) == keys
    assert store.vectors.missing(identity, "picture", [probes[1].picture]) == [probes[1].picture]
    assert not taught.pictures.has(probes[1].picture, "full")


def test_a_dropped_picture_is_answered_as_it_would_be_once_stored(taught):
    probe = taught.probe_file(png("red", mark=700), "some  words\n")
    answer = taught.ask(probe).prediction
    meme = taught.meme(taught.upload([("a.png", png("red", mark=700))], text="some words").added[0])
    assert taught.predict([meme]) == [answer]
    assert taught.probe_picture(probe, "thumb-blurred") == taught.picture(meme.picture, "thumb-blurred")


def test_another_version_can_be_asked(taught):
    other, probe = taught.retrain(replace(QUICK, head="words"), "anna"), Probe.of(first(taught))
    assert taught.ask(probe, other).prediction.gate == 0
    assert taught.ask(probe, other).prediction.version_id == other.id
    assert not taught.heat(probe, other).patches.any()


# --- neighbours ---------------------------------------------------------------------------------------------------


def test_cosine_is_exact_and_nothing_is_near_a_vector_without_length():
    rows = torch.tensor([[3.0, 4.0], [0.0, 2.0], [0.0, 0.0], [-5.0, 0.0]])
    assert cosine(rows, torch.tensor([[2.0, 0.0]])).tolist() == pytest.approx([0.6, 0, 0, -1])
    assert cosine(rows, torch.zeros(1, 2)).tolist() == [0, 0, 0, 0]
    assert cosine(torch.empty(0, 0), torch.ones(1, 2)).shape == (0,)


def test_neighbours_come_nearest_first_without_the_meme_itself(bench):
    memes = {
        name: stored(bench, f"words {name}", f"p-{name}", v)
        for name, v in {"east": (1, 0), "north": (0, 1), "between": (1, 1), "west": (-1, 0)}.items()
    }
    found = bench.similar(Probe.of(memes["east"]), "picture", k=3)
    assert [n.meme.text for n in found] == ["words between", "words north", "words west"]
    assert [n.similarity for n in found] == pytest.approx([2**-0.5, 0, -1], abs=1e-6)
    by_words = bench.similar(replace(Probe.of(memes["east"]), text="words north"), "words", k=1)
    assert [n.meme.text for n in by_words] == ["words north"]  # another picture with the same words is a neighbour


def test_neighbours_by_the_mixture_are_those_of_the_head_asked(taught):
    meme = first(taught)
    found = taught.similar(Probe.of(meme), "fused", k=5)
    head, memes = taught.engine.head(taught.champion()).head, [meme, *(n.meme for n in found)]
    fused = head(*taught.engine.embed([m.picture for m in memes], [m.text for m in memes])).fused
    assert [n.similarity for n in found] == pytest.approx(cosine(fused[1:], fused[:1]).tolist(), abs=1e-5)
    assert {n.meme.given for n in found} == {meme.given}  # red is near red


def test_a_neighbour_carries_the_decisions_that_stand(taught):
    meme, other = taught.memes(MemeFilter(split=Split.QUEUE), 2)
    for label in (Label.BENIGN, Label.HATEFUL):
        taught.decide(taught.claim("ben", other.id), label, "ben")
    taught.undo("ben")
    near = {n.meme.id: n for n in taught.similar(Probe.of(meme), "words", k=200)}
    assert [d.label for d in near[other.id].decisions] == [Label.BENIGN]
    assert near[other.id].meme.label == Label.BENIGN


def test_a_neighbour_that_awaits_a_second_answer_does_not_tell_the_first(taught):
    meme, other = taught.memes(MemeFilter(split=Split.QUEUE), 2)
    taught.add_reviewer("anna")
    taught.team.choose("second share", 1.0, "lea")
    taught.decide(taught.claim("ben", other.id), Label.BENIGN, "ben")
    near = {n.meme.id: n for n in taught.similar(Probe.of(meme), "words", k=200)}
    assert (near[other.id].decisions, near[other.id].meme.label) == ((), None)


def test_memes_come_and_change_and_are_found_at_once(taught):
    meme = first(taught)
    added = taught.meme(taught.upload([("a.png", png("green"))], text=meme.text).added[0])
    assert taught.similar(Probe.of(meme), "words", k=1)[0].meme.id == added.id
    taught.edit_words(added.id, "wholly different", "anna")
    assert taught.similar(Probe.of(meme), "words", k=1)[0].meme.id != added.id


def test_memes_nobody_has_looked_at_are_read_a_batch_at_a_time(bench):
    bench.import_archive("many.zip", dataset(70))
    lab = Lab(bench.engine)
    assert [(len(index.memes), index.unread) for index in (lab.index(), lab.index())] == [(64, 6), (70, 0)]
    assert lab.index() is lab.index()


# --- swaps --------------------------------------------------------------------------------------------------------


def test_each_swap_is_answered_like_a_plain_prediction_and_flagged_where_it_turns(taught):
    meme = first(taught)
    original = taught.ask(Probe.of(meme)).prediction
    swaps = taught.confounders(Probe.of(meme), k=5)
    assert [s.half for s in swaps] == ["picture"] * 5 + ["words"] * 5
    for swap in swaps:
        made = replace(meme, picture=swap.probe.picture, text=swap.probe.text)
        (plain,) = taught.predict([made])
        assert swap.prediction.probability == pytest.approx(plain.probability, abs=1e-5)
        assert swap.turns == (plain.label != original.label)
        half = (swap.meme.picture, meme.text) if swap.half == "picture" else (meme.picture, swap.meme.text)
        assert half == (swap.probe.picture, swap.probe.text)
    for half in ("picture", "words"):
        near = [s.similarity for s in swaps if s.half == half]
        assert near == sorted(near, reverse=True)


def test_only_swaps_that_turn_the_verdict_are_given_when_asked_for(taught):
    probe = Probe.of(first(taught))
    near = taught.confounders(probe, k=200)
    assert not near[0].turns  # the nearest alone would not do
    turning = [s for half in ("picture", "words") for s in [s for s in near if s.half == half and s.turns][:3]]
    assert [s.probe for s in taught.confounders(probe, k=3, turning=True)] == [s.probe for s in turning]
    assert len([s for s in turning if s.half == "picture"]) == 3


def test_a_swap_takes_no_half_from_a_held_out_meme_and_none_twice(taught):
    meme = first(taught)
    taught.upload([("same.png", png("green"))], text=f"{meme.text.upper()}!")  # the same words to a reader
    swaps = taught.confounders(Probe.of(meme), k=200)
    assert {s.meme.split for s in swaps} == {Split.TRAIN, Split.QUEUE}
    for half, of in (("picture", "picture"), ("words", "text")):
        taken = [getattr(s.meme, of) for s in swaps if s.half == half]
        assert len(taken) == len(set(taken)) > 80
        assert getattr(meme, of) not in taken
    assert f"{meme.text.upper()}!" not in [s.meme.text for s in swaps if s.half == "words"]


def test_a_swap_that_is_a_stored_meme_already_says_which(taught):
    one, two = taught.memes(MemeFilter(split=Split.QUEUE), 2)
    saved = taught.save_variant(one, Probe(two.picture, one.text), Label.HATEFUL, "anna")
    known = {s.meme.picture: s.known for s in taught.confounders(Probe.of(one), k=200) if s.half == "picture"}
    assert (known[two.picture].id, known[two.picture].label) == (saved.id, Label.HATEFUL)
    assert [k.id for p, k in known.items() if k and p != two.picture] == []


# --- two heads ----------------------------------------------------------------------------------------------------


def test_two_heads_are_compared_on_the_same_memes(taught):
    other = taught.retrain(replace(QUICK, head="words"), "anna")
    memes, champion = taught.memes(MemeFilter(split=Split.TEST)), taught.champion()
    found = taught.compare(champion, other, memes)
    assert [v.meme for v in found] == memes
    assert [v.before for v in found] == taught.predict(memes, champion)
    assert [v.after for v in found] == taught.predict(memes, other)
    assert [v.flips for v in found] == [v.before.hateful != v.after.hateful for v in found]
    assert taught.compare(champion, other, []) == []


# --- keeping a pair -----------------------------------------------------------------------------------------------


def test_a_saved_variant_joins_the_family_and_the_next_lesson(taught):
    meme = first(taught)
    before, probe = taught.lesson(QUICK), replace(Probe.of(meme), text="nobody said this")
    saved = taught.save_variant(meme, probe, Label.BENIGN, "anna", revealed=True)
    assert (saved.source, saved.split, saved.status, saved.label) == ("lab", Split.QUEUE, Status.DECIDED, Label.BENIGN)
    assert (saved.picture, saved.text) == (meme.picture, "nobody said this")
    assert taught.meme(meme.id).family == saved.family == f"meme-{meme.id}"
    lesson = taught.lesson(QUICK)
    assert (before.decisions, lesson.decisions) == (0, 1)
    assert lesson.hateful[lesson.ids.index(saved.id)] == 0
    ((event, _),) = taught.history(DecisionFilter())
    assert (event.meme_id, event.reviewer, event.assisted, event.revealed) == (saved.id, "anna", True, True)
    assert event.probability == pytest.approx(taught.predict([saved])[0].probability)


def test_a_family_that_is_there_is_kept(taught):
    (meme_id,) = taught.store.memes.add([NewMeme(first(taught).picture, "of a family", "upload", family="f-7")])
    meme = taught.meme(meme_id)
    assert taught.save_variant(meme, replace(Probe.of(meme), text="another"), Label.BENIGN, "anna").family == "f-7"
    assert taught.meme(meme_id).family == "f-7"


def test_the_same_pair_twice_is_one_meme_and_one_decision(taught):
    meme, probe = first(taught), replace(Probe.of(first(taught)), text="nobody said this")
    ids = {taught.save_variant(meme, p, Label.BENIGN, "anna").id for p in (probe, replace(probe, text=" nobody  said this"))}
    assert len(ids) == 1
    assert taught.count_events(DecisionFilter()) == 1
    assert taught.save_variant(meme, probe, Label.HATEFUL, "anna").label == Label.HATEFUL  # changed one's mind
    assert taught.count_events(DecisionFilter()) == 2


def test_a_saved_decision_can_be_undone_and_given_again(taught):
    meme, probe = first(taught), replace(Probe.of(first(taught)), text="nobody said this")
    saved = taught.save_variant(meme, probe, Label.BENIGN, "anna")
    taught.undo("anna")
    assert taught.meme(saved.id).status == Status.WAITING
    assert taught.save_variant(meme, probe, Label.BENIGN, "anna").id == saved.id
    assert [e.action for e, _ in taught.history(DecisionFilter())] == [Action.DECIDE, Action.UNDO, Action.DECIDE]


def test_a_dropped_picture_is_kept_with_the_pair(taught):
    meme = first(taught)
    probe = taught.probe_file(png("red", mark=900), meme.text)
    saved = taught.save_variant(meme, probe, Label.HATEFUL, "anna")
    assert taught.picture(saved.picture, "full") == probe.dropped
    assert taught.upload([("again.png", png("red", mark=900))], text=meme.text).known == (saved.id,)


def test_nothing_is_stored_when_nothing_was_changed_or_the_collection_has_it_with_a_label(taught):
    meme, stamp = first(taught), taught.store.memes.stamp()
    base = taught.memes(MemeFilter(split=Split.TRAIN), 1)[0]
    with pytest.raises(StoreError, match=f"This is meme {meme.id} as it stands"):
        taught.save_variant(meme, Probe.of(meme), Label.BENIGN, "anna")
    with pytest.raises(StoreError, match=f"meme {base.id}, a train meme"):
        taught.save_variant(meme, Probe.of(base), Label.BENIGN, "anna")
    assert taught.store.memes.stamp() == stamp
    assert (taught.meme(meme.id).family, taught.count_events(DecisionFilter())) == ("", 0)


def test_what_someone_else_is_reviewing_is_left_to_them(taught):
    meme, other = taught.memes(MemeFilter(split=Split.QUEUE), 2)
    taught.claim("ben", other.id)
    with pytest.raises(LeaseLost, match="'ben' is reviewing exactly this"):
        taught.save_variant(meme, Probe.of(other), Label.BENIGN, "anna")
    taught.release(other.id, "ben")
    assert taught.save_variant(meme, Probe.of(other), Label.BENIGN, "anna").id == other.id


def test_walking_along_the_memes_stays_within_the_filter(taught):
    ids = [m.id for m in taught.memes(MemeFilter(split=Split.QUEUE))]
    queue = MemeFilter(split=Split.QUEUE)
    assert taught.beside(ids[0], queue).id == ids[1]
    assert taught.beside(ids[1], queue, forward=False).id == ids[0]
    assert taught.beside(ids[0], queue, forward=False) is None
    assert taught.beside(ids[0], MemeFilter(split=Split.QUEUE, search="503")).id == ids[3]
