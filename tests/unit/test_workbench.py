import json

import pytest
from bringing import dataset, png

from gatedclip.config import TrainConfig
from gatedclip.errors import AlreadyRunning, CheckpointError, DataError, InputError, LeaseLost, NotFound
from gatedclip.explain.reasons import compare, decided_by, energy
from gatedclip.model.encoder import weights_sha256
from gatedclip.store import DecisionFilter, MemeFilter
from gatedclip.types import Action, Label, Marks, Rationale, Split, Status, Way
from gatedclip.workbench import Workbench

QUICK = TrainConfig(epochs=6, warmup=1, learning_rate=3e-3, gate_hold=0)


@pytest.fixture
def taught(teach):
    """A workbench with a base set of 100, four memes to review and one promoted head."""
    return teach(4, QUICK)


def test_without_a_head_nothing_is_predicted_and_the_reason_says_what_to_do(bench):
    meme = bench.meme(bench.upload([("a.png", png())], text="x").added[0])
    with pytest.raises(NotFound, match="train on the retrain page"):
        bench.predict([meme])


def test_a_decision_without_a_head_is_recorded_all_the_same(bench):
    bench.upload([("a.png", png())], text="x")
    made = bench.decide(bench.claim("anna"), Label.BENIGN, "anna")
    assert (made.label, made.probability, made.version_id) == (Label.BENIGN, None, None)


def test_a_decision_keeps_what_the_champion_said(taught):
    meme = taught.claim("anna")
    (said,) = taught.predict([meme])
    made = taught.decide(meme, Label.HATEFUL, "anna", assisted=True, revealed=True, note=" why \n not ", seconds=2.5)
    assert (made.probability, made.gate, made.threshold, made.version_id) == (said.probability, said.gate, said.threshold, 1)
    assert (made.assisted, made.revealed, made.note, made.seconds) == (True, True, "why not", 2.5)


def test_a_head_trained_on_red_and_blue_tells_them_apart(taught):
    memes = taught.memes(MemeFilter(split=Split.QUEUE))
    said = {label: [p.margin for p, m in zip(taught.predict(memes), memes, strict=True) if m.given == label] for label in Label}
    assert min(said[Label.HATEFUL]) > max(said[Label.BENIGN])


def test_predictions_come_in_the_order_asked(taught):
    memes = taught.memes(MemeFilter(split=Split.QUEUE))
    forward = [p.probability for p in taught.predict(memes)]
    assert [p.probability for p in taught.predict(memes[::-1])] == pytest.approx(forward[::-1])


def test_two_memes_with_one_picture_share_one_vector(taught):
    before = taught.engine.embed([], [])[0].shape
    ids = [taught.upload([("a.png", png("green"))], text=words).added[0] for words in ("one", "two")]
    one, two = (taught.meme(i) for i in ids)
    pictures, words = taught.engine.embed([one.picture, two.picture], [one.text, two.text])
    assert before == (0, 0)
    assert (pictures[0] == pictures[1]).all()
    assert not (words[0] == words[1]).all()


def test_correcting_the_words_changes_the_prediction_and_its_explanation(taught):
    meme = taught.claim("anna")
    before, heat = taught.predict([meme])[0], taught.explain(meme)
    edited = taught.edit_words(meme.id, "entirely other words", "anna")
    assert taught.predict([edited])[0].probability != before.probability
    assert [w.text for w in taught.explain(edited).words] == ["entirely", "other", "words"]
    assert [w.text for w in heat.words] == meme.text.split()


def test_an_explanation_is_made_once_per_picture_words_head_and_method(taught):
    meme = taught.claim("anna")
    first, again, other = taught.explain(meme), taught.explain(meme), taught.explain(meme, Way("integrated gradients"))
    assert first.seconds == again.seconds  # the very same record, not a new one
    assert (first.method, other.method) == ("quick", "integrated gradients")


def test_a_decision_belongs_to_whoever_holds_the_meme(taught):
    meme = taught.claim("anna")
    with pytest.raises(LeaseLost):
        taught.decide(meme, Label.HATEFUL, "ben")
    assert taught.history(DecisionFilter()) == []


def test_undo_gives_the_meme_back_and_keeps_both_events(taught):
    meme = taught.claim("anna")
    taught.decide(meme, Label.HATEFUL, "anna")
    taught.undo("anna")
    assert (taught.meme(meme.id).status, taught.meme(meme.id).label) == (Status.WAITING, None)
    assert [e.action for e, _ in taught.history(DecisionFilter())] == [Action.UNDO, Action.DECIDE]


def test_retraining_learns_from_confirmations_and_corrections_but_not_from_doubt(taught):
    labels = [Label.HATEFUL, Label.BENIGN, Label.UNSURE]
    for label in labels:
        taught.decide(taught.claim("anna"), label, "anna")
    plan = taught.lesson(QUICK)
    assert (plan.base, plan.decisions, plan.unsure) == (80, 2, 1)


def test_a_decided_meme_that_shares_words_with_a_held_out_one_is_not_learned_from(taught):
    held = taught.memes(MemeFilter(split=Split.TEST))[0]
    added = taught.upload([("leak.png", png("green"))], text=held.text.upper() + "!").added[0]
    taught.decide(taught.claim("anna", added), Label.HATEFUL, "anna")
    plan = taught.lesson(QUICK)
    assert (plan.decisions, plan.leaking) == (0, 1)
    assert added not in plan.ids


def test_a_candidate_carries_its_report_and_serves_only_once_promoted(taught):
    taught.decide(taught.claim("anna"), Label.HATEFUL, "anna")
    candidate = taught.retrain(QUICK, "ben")
    assert taught.champion().id == 1
    assert (candidate.parent_id, candidate.created_by, candidate.data["decisions"]) == (1, "ben", 1)
    assert taught.report(candidate).before.n == 12
    taught.promote(candidate.id, "lea", "better", override=True)  # one decision does not change what twelve memes can show
    assert taught.champion().id == candidate.id
    assert taught.predict(taught.memes(MemeFilter(), 1))[0].version_id == candidate.id
    taught.roll_back("lea")
    assert taught.champion().id == 1
    assert [(p.version_id, p.rollback) for p in taught.promotions()] == [(1, True), (2, False), (1, False)]


def test_the_same_lesson_and_seed_give_the_same_bytes(taught):
    one, two = (taught.retrain(QUICK, "anna") for _ in range(2))
    hashes = {weights_sha256(taught.engine.head(v).head) for v in (one, two)}
    assert len(hashes) == 1
    assert one.data["sha256"] == two.data["sha256"]


def test_training_never_touches_the_encoder(taught):
    before = weights_sha256(taught.engine.encoder.model)
    taught.retrain(QUICK, "anna")
    assert weights_sha256(taught.engine.encoder.model) == before == taught.engine.encoder.weights_sha256


def test_without_labelled_memes_there_is_nothing_to_train_on(bench):
    with pytest.raises(DataError, match="validation"):
        bench.retrain(QUICK, "anna")


def test_a_head_of_another_encoder_is_refused_with_what_to_do(taught):
    settings = taught.settings
    other = Workbench.open(type(settings)(home=settings.home, backbone=settings.backbone, resize="crop"))
    with pytest.raises(CheckpointError, match="GATEDCLIP_RESIZE"):
        other.predict(other.memes(MemeFilter(), 1))


def test_one_training_at_a_time(taught):
    taught.store.jobs.start("retrain", "anna")
    with pytest.raises(AlreadyRunning, match="anna"):
        taught.start_retraining(QUICK, "ben")


def test_the_export_holds_the_decision_with_who_version_and_score(taught):
    meme = taught.claim("anna")
    made = taught.decide(meme, Label.HATEFUL, "anna")
    (line,) = taught.export(DecisionFilter(), "jsonl").splitlines()
    row = json.loads(line)
    assert (row["reviewer"], row["label"], row["meme_id"], row["version"]) == ("anna", "hateful", meme.id, 1)
    assert row["probability"] == pytest.approx(made.probability)
    assert taught.export(DecisionFilter()).decode().splitlines()[1].split(",")[2] == "anna"


def test_marks_are_kept_with_how_they_compare_with_the_model(taught):
    meme = taught.claim("anna")
    half = decided_by(taught.ledger(meme).margin)
    label = taught.predict([meme])[0].label
    marks = Marks(((0.0, 0.0, 0.5, 1.0),), (1, 2), half)
    made = taught.decide(meme, label, "anna", marks=marks)
    assert made.marks == Marks(((0.0, 0.0, 0.5, 1.0),), (1, 2), half, ("number", meme.text.split()[2]))
    assert (made.reasons.agrees, made.reasons.same_modality, made.reasons.area) == (True, True, pytest.approx(0.5))
    found = taught.remembered(made, meme)
    assert made.reasons == compare(marks, meme.text.split(), found, taught.ledger(meme).margin, True)
    assert energy(found, marks.regions) == made.reasons.energy


def test_right_for_the_wrong_reason_is_found_by_both_filters(taught):
    meme = taught.claim("anna")
    half = decided_by(taught.ledger(meme).margin)
    other = next(h for h in (Rationale.PICTURE, Rationale.WORDS) if h is not half)
    label = taught.predict([meme])[0].label
    taught.decide(meme, label, "anna", marks=Marks(rationale=other))
    taught.decide(taught.claim("anna"), label, "anna", marks=Marks())  # marks of nothing are none
    assert [m.id for m in taught.memes(MemeFilter(wrong_reason=True))] == [meme.id]
    ((wrong, _),) = taught.history(DecisionFilter(wrong_reason=True))
    assert (wrong.marks.rationale, wrong.reasons.modality) == (other, half)
    assert taught.wrong_reasons([meme]) == {meme.id}
    assert taught.history(DecisionFilter())[0][0].marks is None


def test_marks_without_a_head_are_kept_alone(bench):
    bench.import_archive("set.zip", dataset(1))
    made = bench.decide(bench.claim("anna"), Label.UNSURE, "anna", marks=Marks(rationale=Rationale.WORDS))
    assert (made.marks.rationale, made.reasons) == (Rationale.WORDS, None)
    assert bench.remembered(made, bench.meme(1)) is None


@pytest.mark.parametrize(
    "marks", [Marks(words=(3,)), Marks(words=(-1,)), Marks(((0.5, 0.0, 0.5, 1.0),)), Marks(((0.0, 0.0, 1.0, 1.5),))]
)
def test_marks_outside_the_meme_are_refused_and_nothing_is_recorded(bench, marks):
    bench.import_archive("set.zip", dataset(1))
    with pytest.raises(InputError, match="again"):
        bench.decide(bench.claim("anna"), Label.UNSURE, "anna", marks=marks)
    assert bench.count_events(DecisionFilter()) == 0


def test_a_picture_of_memeworld_is_drawn_when_first_looked_at(bench):
    full, blurred = (bench.picture("world-1-0-0", v) for v in ("full", "blurred"))
    assert full.startswith(b"\xff\xd8")
    assert blurred.startswith(b"\xff\xd8")
    assert blurred != full
    assert bench.picture("world-1-0-0", "full") == full
