"""What to look at next, on the pages: the batch on the queue, why a meme is asked on review, how good the head is on models."""

import os
import re

import pytest
from reading import button, said

from gatedclip.config import TrainConfig
from gatedclip.store import DecisionFilter
from gatedclip.types import ASKED, Action, JobStatus, Label, Pick

QUICK = TrainConfig(epochs=3, warmup=1, learning_rate=3e-3, gate_hold=0)
REASON = "probability 48% where 52% decides"


@pytest.fixture
def taught(teach):
    """A workbench with a head and eight memes to review."""
    return teach(8, QUICK)


def pick(bench, meme_id, strategy="uncertain"):
    return Pick(meme_id, strategy, REASON, 0.5, 1, bench.champion().id)


def test_before_a_head_serves_there_is_nothing_to_choose_by(app):
    page = app("queue")
    assert not page.exception
    assert "What to look at next" not in [header.value for header in page.subheader]


def test_a_batch_shows_when_it_was_chosen_what_is_left_and_why_each_meme_is_asked(app, taught):
    page = app("queue")
    assert "Nothing is chosen yet" in said(page)
    ids = taught.store.picks.open()
    taught.store.picks.add([pick(taught, ids[5]), pick(taught, ids[2], "random")])
    page.run()
    assert re.search(r"Chosen 20\d\d-\d\d-\d\d \d\d:\d\d: 2 memes, 2 still open", said(page))
    page.segmented_control(key="show").set_value("suggested").run()
    assert not page.exception
    shown = [int(box.key.removeprefix("choose-")) for box in page.checkbox if box.key.startswith("choose-")]
    assert shown == [ids[5], ids[2]]
    assert f"asked {ASKED['uncertain']}" in said(page)
    assert f"asked {ASKED['random']}" in said(page)
    assert REASON not in said(page)  # not before the decision
    taught.decide(taught.claim("anna", ids[5]), Label.HATEFUL, "anna")
    page.run()
    assert "2 memes, 1 still open" in said(page)
    assert f"asked {REASON}" in said(page)


def test_whether_choosing_pays_is_shown_when_it_is_asked_for(app, taught):
    page = app("queue")
    assert not page.get("plotly_chart")
    page.session_state["paying"] = True
    page.run()
    assert not page.exception
    (chart,) = page.get("plotly_chart")
    assert chart.proto.alt.startswith("AUROC after 400 labels, all and missing themes: random 0.")
    assert "20 rounds of 20 labels, 5 seeds" in said(page)
    assert "mix reaches what random has at 400 labels" in said(page)


def test_one_meme_is_not_called_memes(app, taught):
    taught.store.picks.add([pick(taught, taught.store.picks.open()[0])])
    page = app("queue")
    assert "1 meme, 1 still open" in said(page)
    page.segmented_control(key="show").set_value("suggested").run()
    assert "1 meme, in the order they were chosen." in " ".join(c.value for c in page.caption)


def test_the_button_starts_a_job_that_can_be_cancelled_and_a_failed_one_says_why(app, taught):
    job = taught.store.jobs.start("choose", "anna", {})
    taught.store.jobs.begin(job.id, os.getpid())
    taught.store.jobs.progress(job.id, 0.5, "Training 5 heads, epoch 4 of 8")
    page = app("queue")
    assert button(page, "Choose the next batch").disabled
    assert "Training 5 heads, epoch 4 of 8" in said(page)
    button(page, "Cancel the choice of a batch").click().run()
    assert taught.job("choose").cancelling
    taught.store.jobs.finish(job.id, JobStatus.FAILED, "No head <serves> yet.")
    page = app("queue")
    assert "The last choice of a batch failed: No head <serves> yet." in said(page)
    assert not button(page, "Choose the next batch").disabled


def test_a_label_that_may_be_wrong_is_asked_of_somebody_else_once(app, taught):
    meme = taught.claim("anna")
    taught.decide(meme, Label.HATEFUL, "anna")
    taught.store.picks.add([pick(taught, meme.id, "suspected error")])
    page = app("queue")
    page.segmented_control(key="show").set_value("suggested").run()
    assert "a second answer is wanted" in said(page)
    assert REASON not in said(page)
    button(page, "Ask a second person").click().run()
    assert taught.count_events(DecisionFilter(meme_id=meme.id, action=Action.APPEAL)) == 1
    assert "waits for someone who has not decided it" in said(page)
    assert "Ask a second person" not in [b.label for b in page.button]
    assert taught.claim("ben").id == meme.id


def test_review_says_why_a_meme_is_asked_and_not_what_the_model_says(app, taught):
    assert "asked because" not in said(app())
    taught.release(taught.claim("guest").id, "guest")
    taught.store.picks.add([pick(taught, taught.store.picks.open()[3], "disagreement")])
    page = app()
    assert f"asked {ASKED['disagreement']}" in said(page)
    assert REASON not in said(page)


def test_models_tell_how_good_the_head_is_on_what_comes_in(app, taught):
    page = app("models")
    assert "No meme was drawn by chance yet" in said(page)
    taught.store.picks.add([pick(taught, taught.store.picks.open()[0], "random")])
    page.run()
    assert not page.exception
    assert "Not enough yet for accuracy: 0 of 10 answers" in said(page)
    assert "0 of 1 drawn" in said(page)
