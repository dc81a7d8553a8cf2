"""What takes minutes, on the models page: seeds, reviewers left out and training again, each a job that is watched."""

import os

import pytest
from reading import button, said

from gatedclip import worker
from gatedclip.config import TrainConfig
from gatedclip.team import LOCAL_ROLE
from gatedclip.types import JobStatus, Label, Role

QUICK = TrainConfig(epochs=3, warmup=1, learning_rate=3e-3, gate_hold=0)
EVE = "<b>Eve</b> ![x](http://198.51.100.7) **bold**"
MEASURED = {
    "normal": {"value": 0.9, "low": 0.8, "high": 1.0},
    "held": {"value": 0.6, "low": 0.5, "high": 0.7},
    "change": {"value": -0.3, "low": -0.4, "high": -0.2},
    "reviewers": [
        {"name": EVE, "decisions": 30, "normal": {"value": 0.9, "low": 0.8, "high": 1.0}, "held": None},
        {"name": "ben", "decisions": 12, "normal": None, "held": {"value": 0.625, "low": 0.5, "high": 0.75}},
    ],
    "sentence": "The head learns the reviewer: it does.",
}


@pytest.fixture
def taught(teach):
    """A workbench with one head, whose jobs are queued and begun by nobody, so that a test can say what became of them."""
    return teach(12, QUICK)


def done(bench, kind: str, options: dict, result: dict) -> None:
    job = bench.store.jobs.start(kind, "lea", options)
    bench.store.jobs.finish(job.id, JobStatus.DONE, "done", result)


def test_a_measurement_is_started_once_watched_and_can_be_stopped(app, taught):
    job = taught.store.jobs.start("noise", EVE, {})
    taught.store.jobs.begin(job.id, os.getpid())
    taught.store.jobs.progress(job.id, 0.3, "seed 1, 2 of 5: epoch 2 of 3")
    shown = app("models")
    assert button(shown, "Measure it again").disabled
    assert f"seed 1, 2 of 5: epoch 2 of 3 · started by {EVE}" in said(shown)
    button(shown, "Cancel the measurement of seeds").click().run()
    assert taught.job("noise").cancelling
    taught.store.jobs.finish(job.id, JobStatus.FAILED, "Nothing <to> measure on.")
    shown = app("models")
    assert "The last measurement of seeds failed: Nothing <to> measure on." in said(shown)
    assert not button(shown, "Measure it again").disabled


def test_the_seeds_are_measured_by_the_worker_and_who_did_is_said(app, taught):
    assert "±0.0080 (standard deviation); up to 0.0222 is no change. Nobody has measured it here" in said(app("models"))
    config = taught.champion().config
    job = taught.store.jobs.start("noise", "lea", {"config": config, "seeds": [0, 1]})
    worker.run(taught, job.id)
    ended = taught.job("noise")
    assert (ended.status, len(ended.result["areas"])) == (JobStatus.DONE, 2)
    now = taught.seed_noise()
    assert (now.deviation, now.areas, now.by) == (ended.result["deviation"], tuple(ended.result["areas"]), "lea")
    assert now.bound == pytest.approx(1.96 * 2**0.5 * now.deviation, rel=1e-3)
    shown = said(app("models"))
    assert f"±{now.deviation:.4f}" in shown
    assert "Measured by lea on 2 seeds, 20" in shown
    assert len(taught.versions()) == 1


def test_who_may_not_promote_sees_the_noise_and_cannot_measure_it(app, taught):
    taught.team.choose(LOCAL_ROLE, Role.MODERATOR.value, "lea")
    shown = app("models")
    assert "Another seed changes the AUROC by" in said(shown)
    labels = {b.label for b in shown.button}
    assert not {"Measure it again", "Leave each reviewer out in turn", "Draw", "Save this floor"} & labels
    assert button(shown, "Train it again and compare the bytes").disabled


def test_what_judges_people_is_shown_to_leads_only_and_names_stay_words(app, taught):
    done(taught, "reviewers", {"version_id": 1}, MEASURED)
    shown = said(app("models"))
    assert "The head learns the reviewer: it does." in shown
    assert f"{EVE}</th><td>30</td><td>0.900 (0.800 to 1.000)</td><td>one label only</td>" in shown
    assert "ben</th><td>12</td><td>one label only</td><td>0.625 (0.500 to 0.750)</td>" in shown
    assert "all of them</th><td>42</td><td>0.900 (0.800 to 1.000)</td><td>0.600 (0.500 to 0.700)</td>" in shown
    assert "<b>Eve" not in " ".join(h.proto.body for h in app("models").get("html"))
    for role in (Role.MODERATOR, Role.RESEARCHER):
        taught.team.choose(LOCAL_ROLE, role.value, "lea")
        shown = said(app("models"))
        assert EVE not in shown
        assert "This judges people, so not everyone sees it." in shown


def test_what_was_measured_of_one_version_is_not_told_of_another(app, taught):
    done(taught, "reviewers", {"version_id": 7}, MEASURED)
    done(taught, "reproduce", {"version_id": 7}, {"equal": True, "before": "a" * 64, "after": "a" * 64, "packages": []})
    shown = said(app("models"))
    assert "The head learns the reviewer" not in shown
    assert "trained again" not in shown


def test_too_few_reviewers_end_the_job_in_a_sentence(app, taught):
    job = taught.store.jobs.start("reviewers", "lea", {"version_id": 1})
    worker.run(taught, job.id)
    shown = said(app("models"))
    assert "The last measurement of reviewers failed: 0 people have 5 decisions or more" in shown


def test_a_version_trained_again_is_compared_byte_by_byte(app, taught):
    job = taught.store.jobs.start("reproduce", "ben", {"version_id": 1})
    worker.run(taught, job.id)
    result = taught.job("reproduce", version_id=1).result
    assert result["equal"]
    shown = said(app("models"))
    assert "✔ v1, trained again, is the same byte by byte." in shown
    assert shown.count(result["before"]) == 2
    other = {"equal": False, "before": "a" * 64, "after": "b" * 64, "packages": ["torch: 1.0 → 2.0"]}
    done(taught, "reproduce", {"version_id": 1}, other)
    shown = said(app("models"))
    assert "✖ v1, trained again, is not the same." in shown
    assert "torch: 1.0 → 2.0" in shown
    assert "b" * 64 in shown


def test_when_a_person_is_erased_no_measurement_names_them_any_more(app, taught):
    taught.decide(taught.claim("ben"), Label.HATEFUL, "ben")
    done(taught, "reviewers", {"version_id": 1}, MEASURED)
    taught.erase_person("ben", "lea")
    assert taught.job("reviewers") is None
    assert "The head learns the reviewer" not in said(app("models"))
