"""What would be learned from and what an audit of it finds, on the retrain page; the job runs in this process."""

import os

import pytest
from reading import button, said

from gatedclip import worker
from gatedclip.config import TrainConfig
from gatedclip.errors import DataError
from gatedclip.store import MemeFilter
from gatedclip.team import LOCAL_ROLE
from gatedclip.types import JobStatus, Label, Role, Split, Status

QUICK = TrainConfig(epochs=4, warmup=1, learning_rate=3e-3)


@pytest.fixture
def taught(teach):
    return teach(6, QUICK)


def audited(bench):
    job = bench.store.jobs.start("audit", "ben", TrainConfig().to_dict())
    worker.run(bench, job.id)
    return bench.store.jobs.get(job.id)


def kin_of_gold(bench) -> int:
    """A decided meme, and a gold meme of the same family."""
    decided, gold = bench.memes(MemeFilter(split=Split.QUEUE), 2)
    bench.decide(bench.claim("anna", decided.id), Label.HATEFUL, "anna")
    bench.team.make_gold(gold.id, Label.BENIGN, "lea")
    bench.store.memes.join_families([[decided.id, gold.id]])
    return decided.id


def test_decisions_are_counted_by_how_they_were_made_with_what_they_weigh(app, taught):
    for assisted in (False, True):
        taught.decide(taught.claim("anna"), Label.HATEFUL, "anna", assisted=assisted)
    shown = app("retrain")
    assert "3 base memes (3 asked for, and 30% at most for all together)" in said(shown)
    assert "1, each for 0.5 of a blind one" in said(shown)
    shown.number_input(key="tuned-assisted_weight").set_value(0.25).run()
    assert "1, each for 0.25 of a blind one" in said(shown)
    assert "Several memes at once" not in said(shown)


def test_options_chosen_by_words_ask_for_their_number_and_contradictions_are_said(app, taught):
    shown = app("retrain")
    shown.selectbox(key="tuned-threshold").set_value("cost").run()
    assert shown.number_input(key="tuned-aim-cost").value == 5
    shown.selectbox(key="tuned-head").set_value("ensemble").run()
    assert shown.number_input(key="tuned-members").value == 5
    shown.number_input(key="tuned-batch").set_value(1).run()
    assert "batch is 1; it must lie between 2 and 65536" in said(shown)
    assert not shown.exception


def test_an_audit_without_fault_says_so_and_is_called_old_once_the_lesson_changes(app, taught):
    job = audited(taught)
    assert job.status is JobStatus.DONE
    shown = app("retrain")
    assert "0 refused" in said(shown)
    assert "has changed since this audit" not in said(shown)
    taught.decide(taught.claim("anna"), Label.HATEFUL, "anna")
    assert "has changed since this audit" in said(app("retrain"))


def test_a_training_that_would_learn_gold_is_refused_with_the_sentence_until_the_meme_is_reopened(app, taught):
    learned = kin_of_gold(taught)
    audited(taught)
    shown = app("retrain")
    assert "1 refused" in said(shown)
    assert f"family: meme {learned}. Nothing is trained" in said(shown)
    button(shown, "Start training").click().run()
    assert taught.job("retrain") is None
    assert f"family: meme {learned}. Nothing is trained" in said(shown)
    with pytest.raises(DataError, match="gold"):
        taught.retrain(QUICK, "anna")
    button(shown, "Reopen for review").click().run()
    assert taught.meme(learned).status is Status.WAITING
    assert "0 refused" in said(shown) or "has changed since this audit" in said(shown)
    assert taught.retrain(QUICK, "anna").id == 2


def test_a_training_under_way_shows_its_epochs_so_far(app, taught):
    job = taught.store.jobs.start("retrain", "anna", QUICK.to_dict())
    taught.store.jobs.begin(job.id, os.getpid())
    assert not app("retrain").get("plotly_chart")
    told = [{"number": n, "loss": 1 / n, "auroc": 0.5 + n / 10, "mean_gate": 0.5} for n in (1, 2)]
    taught.store.jobs.note(job.id, {"epochs": told})
    (chart,) = app("retrain").get("plotly_chart")
    assert "2 epochs: training loss ends at 0.500; validation AUROC is 0.700 at epoch 2" in chart.proto.alt
    taught.store.jobs.finish(job.id, JobStatus.CANCELLED)
    taught.store.jobs.note(job.id, {"epochs": told})
    assert taught.store.jobs.get(job.id).result == {}  # what has ended stays as it is


def test_the_worker_trains_and_tells_each_epoch_to_who_listens(taught):
    heard = []
    taught.retrain(QUICK, "anna", on_epoch=heard.append)
    assert [epoch.number for epoch in heard] == [1, 2, 3, 4]
    job = taught.store.jobs.start("retrain", "anna", QUICK.to_dict())
    worker.run(taught, job.id)
    assert taught.store.jobs.get(job.id).result == {"version_id": 3}


def test_a_moderator_cannot_start_an_audit(app, taught):
    taught.team.choose(LOCAL_ROLE, Role.MODERATOR.value, "lea")
    shown = button(app("retrain"), "Audit what it would learn from").click().run()
    assert "takes one of: " in said(shown)
    assert taught.job("audit") is None
