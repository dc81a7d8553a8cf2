import time
from dataclasses import replace
from datetime import timedelta

import pytest
from bringing import png, written
from reading import button, said

from gatedclip.config import TrainConfig
from gatedclip.explain.reasons import decided_by
from gatedclip.store import DecisionFilter, MemeFilter
from gatedclip.store.policies import BUILT_IN
from gatedclip.store.tables import utcnow
from gatedclip.types import Action, Label, Marks, NewMeme, Policy, Preferences, Rationale, Status
from gatedclip.ui.desk import ARMING

QUICK = TrainConfig(epochs=4, warmup=1, learning_rate=3e-3)
EMPTY = {
    "review": "Nothing waits for you.",
    "queue": "No meme fits.",
    "history": "Nothing here yet.",
    "retrain": "There are no decisions to learn from yet.",
    "models": "No head yet.",
}


@pytest.mark.parametrize(("page", "words"), EMPTY.items())
def test_an_empty_workbench_says_what_to_do_on_every_page(app, page, words):
    shown = app(page)
    assert not shown.exception
    assert words in said(shown)


@pytest.fixture
def taught(teach):
    return teach(4, QUICK)


@pytest.mark.parametrize("page", EMPTY)
def test_every_page_shows_a_taught_workbench_without_error(app, taught, page):
    taught.decide(taught.claim("anna"), Label.HATEFUL, "anna")
    shown = app(page)
    assert not shown.exception
    assert EMPTY[page] not in said(shown)
    assert 'role="alert"' not in said(shown)


def test_a_decision_right_after_the_meme_appeared_is_not_counted_and_a_later_one_is(app, taught):
    shown = app()
    button(shown, "Hateful").click().run()
    assert "too quick" in said(shown)
    assert taught.count_events(DecisionFilter()) == 0
    time.sleep(ARMING + 0.1)
    button(shown, "Hateful").click().run()
    ((made, meme),) = taught.history(DecisionFilter())
    assert (made.label, made.assisted, made.revealed, meme.id) == (Label.HATEFUL, False, False, 101)
    assert "meme 101, you: ✖ hateful" in said(shown)


def test_uncovering_the_model_marks_the_decision_as_assisted(app, taught):
    shown = app()
    assert "Gate balance" not in said(shown)
    button(shown, "Show the model's view").click().run()
    assert "Gate balance" in said(shown)
    assert "The picture counts most" in said(shown)
    assert "Only together" in said(shown)
    time.sleep(ARMING + 0.1)
    button(shown, "Benign").click().run()
    assert taught.history(DecisionFilter())[0][0].assisted


def test_looking_back_shows_the_models_view_of_what_was_decided_and_undo_lays_it_on_the_desk_again(app, taught):
    shown = app()
    time.sleep(ARMING + 0.1)
    button(shown, "Unsure").click().run()
    button(shown, "Look back at it with the model's view").click().run()
    assert "you said: ? unsure" in said(shown)
    assert "Gate balance" in said(shown)
    button(shown, "Undo this decision").click().run()
    assert "Meme 101 is back on the desk" in said(shown)
    assert taught.meme(101).label is None


def test_skipping_leaves_the_meme_to_the_others(app, taught):
    shown = app()
    time.sleep(ARMING + 0.1)
    button(shown, "Skip").click().run()
    ((event, meme),) = taught.history(DecisionFilter())
    assert (event.action, event.note, meme.id) == (Action.SKIP, "other", 101)
    assert taught.claim("ben", 101).id == 101


def test_correcting_the_words_is_kept_on_record(app, taught):
    shown = app()
    shown.text_area(key="text-101").set_value("better words")
    button(shown, "Save the words").click().run()
    assert taught.meme(101).text == "better words"
    assert "The words are saved" in said(shown)


def test_words_can_be_read_off_the_picture_again(app, bench):
    bench.upload([("a.jpg", written("LOVE THIS DAY"))], text="something else")
    shown = app()
    button(shown, "Read them off the picture").click().run()
    assert shown.text_area(key="text-1").value.upper().replace(" ", "") == "LOVETHISDAY"
    assert bench.meme(1).text == "something else"  # until a person saves it


def test_the_gate_can_be_moved_in_thought(app, taught):
    shown = app()
    button(shown, "Show the model's view").click().run()
    shown.toggle(key="what-if").set_value(True).run()
    assert not shown.exception
    assert "today's gate" in shown.get("plotly_chart")[0].proto.alt


def test_a_note_is_stored_with_the_decision(app, taught):
    shown = app()
    time.sleep(ARMING + 0.1)
    shown.text_input[0].set_value("because of the gesture")
    button(shown, "Hateful").click().run()
    assert taught.history(DecisionFilter())[0][0].note == "because of the gesture"


def test_pictures_brought_with_typed_words_wait_in_the_queue(queue, bench):
    shown = queue()
    shown.file_uploader(key="files").upload("a.png", png(), "image/png")
    shown.radio(key="how-words").set_value("I type the words")
    shown.text_area(key="typed-words").set_value("some words")
    button(shown, "Add to the queue").click().run()
    assert "1 added" in said(shown)
    assert "some words" in said(shown)
    assert bench.memes(MemeFilter())[0].text == "some words"


def test_a_refused_picture_says_why_and_the_page_goes_on(queue, bench):
    shown = queue()
    shown.file_uploader(key="files").upload("a.png", b"<html><script>alert(1)</script>", "image/png")
    button(shown, "Add to the queue").click().run()
    assert "1 refused" in said(shown)
    assert "not a picture we can read" in shown.dataframe[0].value["why it was refused"][0]


def test_a_picture_brought_again_shows_its_earlier_decision(queue, bench):
    bench.upload([("a.png", png())], text="x")
    bench.decide(bench.claim("anna"), Label.BENIGN, "anna")
    shown = queue()
    shown.file_uploader(key="files").upload("again.png", png(), "image/png")
    shown.radio(key="how-words").set_value("I type the words")
    shown.text_area(key="typed-words").set_value("x")
    button(shown, "Add to the queue").click().run()
    assert "1 here already" in said(shown)
    assert "✔ benign" in said(shown)


def test_filters_come_from_the_address(app, taught):
    taught.decide(taught.claim("anna"), Label.HATEFUL, "anna")
    shown = app("queue", show="decided")
    assert "words number 500" in said(shown)
    assert "words number 501" not in said(shown)


def test_the_history_lists_events_newest_first(app, taught):
    taught.decide(taught.claim("anna"), Label.HATEFUL, "anna")
    taught.undo("anna")
    table = app("history").dataframe[0].value
    assert list(table["what"]) == ["undo", "decide (undone)"]
    assert list(table["who"]) == ["anna", "anna"]


def test_the_retrain_page_says_what_would_be_learned_from(app, taught):
    for label in (Label.HATEFUL, Label.BENIGN, Label.UNSURE):
        taught.decide(taught.claim("anna"), label, "anna")
    shown = app("retrain")
    assert [m.value for m in shown.metric] == ["80", "2", "7%"]  # each decision counts as three of the base
    assert "1 decided as unsure" in said(shown)


def test_a_head_that_changes_nothing_is_refused_and_a_head_that_serves_can_be_rolled_back(app, taught):
    taught.retrain(QUICK, "anna")
    shown = app("models")
    button(shown, "Promote v2").click().run()
    assert taught.champion().id == 1
    assert "No change: the AUROC goes from" in said(shown)
    taught.promote(2, "lea", "to look at", override=True)
    shown = app("models")
    button(shown, "Roll back").click().run()
    assert taught.champion().id == 1


def test_a_backbone_that_cannot_be_loaded_is_said_once_and_reviewing_goes_on(app, taught, monkeypatch):
    monkeypatch.setenv("GATEDCLIP_BACKBONE", "ViT-B-32@/nowhere/weights.safetensors")
    shown = app()
    button(shown, "Show the model's view").click().run()
    assert "/nowhere/weights.safetensors, which does not exist" in said(shown)
    time.sleep(ARMING + 0.1)
    button(shown, "Hateful").click().run()
    assert taught.history(DecisionFilter())[0][0].probability is None


@pytest.mark.parametrize("page", EMPTY)
def test_a_page_never_stands_without_its_frame(app, page):
    shown = app(page)
    assert [t.value for t in shown.title] == [page.capitalize()]
    assert "Waiting" in "".join(h.proto.body for h in shown.sidebar.get("html"))


@pytest.fixture
def wrong(taught):
    """A decided meme that the model was right about, by another half than the one marked."""
    meme = taught.claim("anna")
    half = decided_by(taught.ledger(meme).margin)
    other = next(h for h in (Rationale.PICTURE, Rationale.WORDS) if h is not half)
    marks = Marks(((0.0, 0.0, 1.0, 1.0),), (0,), other)
    return taught.decide(meme, taught.predict([meme])[0].label, "anna", marks=marks)


def test_marking_is_out_of_sight_until_asked_for_and_then_goes_with_the_decision(app, taught):
    shown = app()
    assert [b.label for b in shown.button if b.label == "Only together"] == []
    button(shown, "Mark your reasons").click().run()
    button(shown, "Only together").click().run()
    assert "Marked: only together" in said(shown)
    time.sleep(ARMING + 0.1)
    button(shown, "Hateful").click().run()
    assert taught.history(DecisionFilter())[0][0].marks == Marks(rationale=Rationale.TOGETHER)
    assert "Marked:" not in said(shown)  # the next meme has none
    button(shown, "Look back at it with the model's view").click().run()
    assert not shown.exception
    assert "Marked reasons against the model's" in said(shown)
    assert "Half:" in said(shown)


def test_marks_can_be_forgotten_and_a_half_taken_back(app, taught):
    shown = app()
    button(shown, "Mark your reasons").click().run()
    button(shown, "Neither").click().run()
    button(shown, "Neither").click().run()
    assert "Marked:" not in said(shown)
    button(shown, "Words alone").click().run()
    button(shown, "Forget them").click().run()
    button(shown, "Hide the marking").click().run()
    time.sleep(ARMING + 0.1)
    button(shown, "Hateful").click().run()
    assert taught.history(DecisionFilter())[0][0].marks is None


def test_the_history_picks_out_what_was_right_for_the_wrong_reason(app, taught, wrong):
    taught.decide(taught.claim("anna"), Label.HATEFUL, "anna")
    assert list(app("history").dataframe[0].value["reasons"]) == ["", "right for the wrong reason"]
    assert list(app("history", **{"wrong-reason": "true"}).dataframe[0].value["meme"]) == [wrong.meme_id]


def test_a_filter_that_fits_no_event_says_so(app, taught):
    taught.decide(taught.claim("anna"), Label.HATEFUL, "anna")
    assert "No event fits." in said(app("history", **{"wrong-reason": "true"}))


def test_the_queue_says_on_the_card_and_filters_what_was_right_for_the_wrong_reason(app, taught, wrong):
    taught.decide(taught.claim("anna"), Label.HATEFUL, "anna")
    shown = app("queue", show="decided")
    assert said(shown).count("right for the wrong reason") == 1
    assert "words number 501" in said(shown)
    shown.toggle(key="wrong-reason").set_value(True).run()
    assert "words number 500" in said(shown)
    assert "words number 501" not in said(shown)


# --- the review room --------------------------------------------------------------------------------------------------


def note(shown):
    return next(t for t in shown.text_input if t.label == "Note")


def wait_and_press(shown, label):
    time.sleep(ARMING + 0.1)
    return button(shown, label).click().run()


def test_a_note_survives_a_reload_and_comes_back_with_an_undo(app, taught):
    note(app()).set_value("because of the gesture").run()
    shown = app()
    assert note(shown).value == "because of the gesture"
    wait_and_press(shown, "Hateful")
    assert note(shown).value == ""  # the next meme
    button(shown, "Undo").click().run()
    assert note(shown).value == "because of the gesture"
    assert "your decision is marked as assisted" in said(shown)
    wait_and_press(shown, "Benign")
    assert taught.history(DecisionFilter(action=Action.DECIDE))[0][0].assisted


def test_what_the_policy_requires_stops_the_key_until_it_is_answered(app, taught):
    strict = replace(BUILT_IN.facets[0], required=True, title="Who? ![x](http://198.51.100.7/a.png)")
    taught.team.write_policy(Policy("Judge *kindly*.", (strict,)), "lea")
    shown = app()
    wait_and_press(shown, "Hateful")
    assert "The policy asks for Who?" in said(shown)
    assert taught.count_events(DecisionFilter()) == 0
    next(g for g in shown.button_group if g.label.startswith("Who")).set_value(["religion"]).run()
    button(shown, "Hateful").click().run()
    ((made, _),) = taught.history(DecisionFilter())
    assert (made.tags, made.policy_id) == ({"group": ["religion"]}, 1)
    wait_and_press(shown, "Benign")  # which asks for nothing: one key
    assert taught.count_events(DecisionFilter()) == 2


def test_an_escalated_meme_shows_a_lead_what_others_said_and_their_decision_settles_it(app, taught):
    for name in ("ben", "lea"):
        taught.add_reviewer(name)
    shown = app(reviewer="ben")
    note(shown).set_value("I cannot tell what this means")
    wait_and_press(shown, "Escalate")
    assert "Meme 101 waits for a lead now." in said(shown)
    lead = app(reviewer="lea", meme="101")
    assert "your decision settles it" in said(lead)
    assert "ben asked for a lead" in said(lead)
    assert "I cannot tell what this means" in said(lead)
    wait_and_press(lead, "Benign")
    assert (taught.meme(101).status, taught.meme(101).label) == (Status.DECIDED, Label.BENIGN)


def test_a_copy_of_a_decided_meme_is_decided_alike_with_one_key(app, taught):
    first = taught.claim("ben", 101)
    taught.decide(first, Label.HATEFUL, "ben")
    (again,) = taught.store.memes.add([NewMeme(first.picture, first.text, "second time")])
    shown = app(meme=str(again))
    assert "a copy of meme 101, decided ✖ hateful" in said(shown)
    wait_and_press(shown, "Decide the same")
    made = taught.history(DecisionFilter())[0][0]
    assert (made.meme_id, made.label, made.note) == (again, Label.HATEFUL, "As its copy, meme 101")


def test_the_words_come_first_and_the_picture_when_asked_for_by_those_who_want_it(app, taught):
    taught.team.prefer("guest", Preferences(text_first=True))
    shown = app()
    assert "words number 500" in said(shown)
    assert not shown.get("image")
    button(shown, "Show the picture, blurred").click().run()
    assert shown.get("image")
    button(shown, "Reveal the picture").click().run()
    assert [(e.person, e.reveals) for e in taught.team.exposure("guest", 1)] == [("guest", 1)]


def test_a_break_is_suggested_once_after_the_minutes_asked_for(app, taught):
    taught.team.exposed("guest", 101, 21 * 60)
    shown = app()
    assert "Seen unblurred today (UTC): 1 picture, 21 min 0 s" in [c.value for c in shown.caption]
    assert "This counts exposure and claims nothing about harm." in said(shown)
    button(shown, "Dismiss").click().run()
    assert "claims nothing about harm" not in said(shown)


def test_memes_left_to_others_do_not_come(app, taught):
    taught.team.prefer("guest", Preferences(opt_out=("more.zip",)))
    assert "Nothing waits for you." in said(app())


def test_a_lost_lease_records_nothing_and_keeps_what_was_said(app, taught):
    shown = app()
    note(shown).set_value("half a thought").run()
    taught.store.queue.claim("ben", utcnow() + timedelta(hours=1), meme_id=101)
    time.sleep(ARMING + 0.1)
    button(shown, "Hateful").click().run()
    assert "What you had said about it is kept" in said(shown)
    assert taught.count_events(DecisionFilter()) == 0
    assert taught.draft("guest", 101) == {"note": "half a thought"}
