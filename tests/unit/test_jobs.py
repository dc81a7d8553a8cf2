"""Long work in a real child process: it ends, stops when asked, outlives the server, and its death is noticed."""

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from datetime import timedelta

import numpy as np
import pytest
from PIL import Image

from gatedclip import jobs
from gatedclip.config import Settings, TrainConfig
from gatedclip.errors import AlreadyRunning, NotFound
from gatedclip.store.jobs import STALE
from gatedclip.store.memes import MemeFilter
from gatedclip.store.tables import utcnow
from gatedclip.types import JobStatus, Label, NewMeme, Split
from gatedclip.workbench import Workbench

QUICK = TrainConfig(epochs=3, warmup=1)
ENDLESS = TrainConfig(epochs=1000, warmup=1, patience=1000)
SPLITS = [Split.TRAIN] * 40 + [Split.VALIDATION] * 12 + [Split.TEST] * 12


@pytest.fixture
def workbench(home, tiny_backbone) -> Workbench:
    """A workbench whose base set holds 64 small labelled memes."""
    bench = Workbench.open(Settings(home=home, backbone=tiny_backbone, device="cpu"))
    rng = np.random.default_rng(0)
    memes = []
    for n, split in enumerate(SPLITS):
        file = io.BytesIO()
        Image.fromarray(rng.integers(0, 255, (24, 24, 3), dtype=np.uint8)).save(file, "JPEG")
        key = hashlib.sha256(file.getvalue()).hexdigest()
        bench.pictures.put(key, "full", file.getvalue())
        given = Label.HATEFUL if n % 2 else Label.BENIGN
        memes.append(NewMeme(key, f"meme number {n}", "test", split=split, given=given))
    bench.store.memes.add(memes)
    return bench


def wait(bench: Workbench, until, seconds: float = 120, kind: str = "retrain"):
    """The latest job once `until(job)` holds; its log if that never happens."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        job = bench.job(kind)
        if until(job):
            return job
        time.sleep(0.1)
    log = bench.settings.logs / f"job-{job.id}.log"
    pytest.fail(f"still {job} after {seconds} s; its log:\n{log.read_text()}")


def ended(job) -> bool:
    return not job.status.active


def started(job) -> bool:
    return "epoch" in job.message


def test_a_retraining_in_its_own_process_leaves_a_candidate_that_does_not_serve_yet(workbench):
    job = workbench.start_retraining(QUICK, "anna")
    assert job.status is JobStatus.QUEUED
    job = wait(workbench, ended)
    assert (job.status, job.requested_by, job.progress) == (JobStatus.DONE, "anna", 1.0)
    version = workbench.version(job.result["version_id"])
    assert (version.created_by, version.data["base"], version.data["decisions"]) == ("anna", 40, 0)
    assert version.config == QUICK.to_dict()
    assert workbench.champion() is None
    workbench.promote(version.id, "anna", "two epochs on forty memes", override=True)
    said = workbench.predict(workbench.store.memes.find(MemeFilter(split=Split.TEST)))
    assert len(said) == 12
    assert {p.version_id for p in said} == {version.id}


def test_a_second_retraining_is_refused_while_one_is_active_and_the_first_stops_when_asked(workbench):
    job = workbench.start_retraining(ENDLESS, "anna")
    with pytest.raises(AlreadyRunning, match="started by 'anna'"):
        workbench.start_retraining(QUICK, "ben")
    wait(workbench, started)
    workbench.cancel(job.id)
    stopped = wait(workbench, ended)
    assert (stopped.status, stopped.message) == (JobStatus.CANCELLED, "stopped on request")
    assert workbench.versions() == []
    assert [p.name for p in workbench.settings.home.glob("versions/*")] == []


def test_a_job_outlives_the_server_that_started_it_and_a_killed_one_is_lost_and_can_be_run_again(workbench, tiny_backbone):
    server = (
        "from gatedclip.workbench import Workbench; from gatedclip.config import TrainConfig;"
        f"Workbench.open().start_retraining(TrainConfig.from_dict({ENDLESS.to_dict()!r}), 'anna')"
    )
    env = {**os.environ, "GATEDCLIP_BACKBONE": tiny_backbone, "GATEDCLIP_DEVICE": "cpu"}
    subprocess.run([sys.executable, "-c", server], check=True, env=env)  # has ended when this returns

    job = wait(workbench, started)
    assert jobs.alive(job.pid)
    os.kill(job.pid, signal.SIGKILL)
    end = time.monotonic() + 10
    while jobs.alive(job.pid) and time.monotonic() < end:
        time.sleep(0.05)

    assert workbench.job("retrain").status is JobStatus.RUNNING  # it might only be slow
    lost = workbench.store.jobs.reap(jobs.alive, utcnow() + STALE + timedelta(seconds=1))
    assert [j.id for j in lost] == [job.id]
    assert workbench.job("retrain").status is JobStatus.LOST
    again = workbench.start_retraining(QUICK, "ben")
    assert wait(workbench, ended).status is JobStatus.DONE
    assert again.id != job.id


def test_a_version_is_trained_again_and_seeds_are_measured_each_in_a_process_of_its_own(workbench):
    with pytest.raises(NotFound, match="No head serves yet"):
        workbench.start_seed_noise("lea")
    version = workbench.retrain(QUICK, "anna")
    workbench.promote(version.id, "anna", "two epochs on forty memes", override=True)
    workbench.start_reproduction(version, "ben")
    job = wait(workbench, ended, kind="reproduce")
    assert (job.status, job.options, job.result["equal"]) == (JobStatus.DONE, {"version_id": version.id}, True)
    workbench.start_seed_noise("lea", seeds=2)
    with pytest.raises(AlreadyRunning, match="started by 'lea'"):
        workbench.start_seed_noise("ben")
    job = wait(workbench, ended, kind="noise")
    assert job.options == {"config": QUICK.to_dict(), "seeds": [0, 1]}
    assert workbench.seed_noise().areas == tuple(job.result["areas"])
    assert len(job.result["areas"]) == 2
    assert len(workbench.versions()) == 1


def test_the_latest_job_is_found_by_its_options_and_a_finished_one_behind_a_failed_one(workbench):
    jobs_ = workbench.store.jobs
    for version_id, status in ((1, JobStatus.DONE), (2, JobStatus.DONE), (1, JobStatus.FAILED)):
        jobs_.finish(jobs_.start("reproduce", "ben", {"version_id": version_id}).id, status, "", {"of": version_id})
    assert [workbench.job("reproduce").id, workbench.job("reproduce", version_id=2).id] == [3, 2]
    assert workbench.finished("reproduce", version_id=1).id == 1
    assert workbench.job("reproduce", version_id=3) is None
    assert workbench.job("noise") is None


def test_the_next_batch_is_chosen_in_a_process_of_its_own_and_comes_first_here(teach):
    bench = teach(24, QUICK)
    job = bench.start_choosing("anna")
    assert (job.kind, job.status, bench.picks()) == ("choose", JobStatus.QUEUED, [])
    with pytest.raises(AlreadyRunning, match="A choose job started by 'anna' is active"):
        bench.start_choosing("ben")
    job = wait(bench, ended, kind="choose")
    assert (job.status, job.result, job.requested_by, job.progress) == (JobStatus.DONE, {"batch": 1}, "anna", 1.0)
    assert job.pid not in (None, os.getpid())
    picks = bench.picks()
    assert len({pick.meme_id for pick in picks}) == len(picks) == 20
    assert {(pick.batch, pick.version_id) for pick in picks} == {(1, bench.champion().id)}
    assert [bench.claim(f"person {n}").id for n in range(20)] == [pick.meme_id for pick in picks]


def test_an_audit_in_a_process_of_its_own_finds_what_one_here_finds(teach):
    bench = teach(24, QUICK)
    for _ in range(20):
        meme = bench.claim("anna")
        bench.decide(meme, meme.given or Label.HATEFUL, "anna")
    job = bench.start_audit(QUICK, "lea")
    assert (job.kind, job.status) == ("audit", JobStatus.QUEUED)
    job = wait(bench, ended, kind="audit")
    assert (job.status, job.requested_by, job.progress) == (JobStatus.DONE, "lea", 1.0)
    assert job.pid not in (None, os.getpid())
    assert job.result["lesson"] == bench.lesson(QUICK).sha256
    here = [asdict(finding) for finding in bench.examine(QUICK)]
    assert job.result["findings"] == json.loads(json.dumps(here))  # tuples are lists in a record
    assert "anna gave 20 of 20 decisions" in str(here)


def test_what_a_person_can_mend_ends_the_job_in_a_sentence(home, tiny_backbone):
    bench = Workbench.open(Settings(home=home, backbone=tiny_backbone, device="cpu"))
    bench.start_retraining(QUICK, "anna")
    job = wait(bench, ended)
    assert job.status is JobStatus.FAILED
    assert job.message == "No validation memes: they choose when to stop. Import labelled memes into the base set first."


def test_a_process_that_ended_or_never_was_is_not_alive():
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    deadline = time.monotonic() + 30
    while jobs.alive(child.pid) and time.monotonic() < deadline:  # becomes a zombie: ended, not yet waited for
        time.sleep(0.02)
    assert not jobs.alive(child.pid)
    child.wait()
    assert not jobs.alive(child.pid)
    assert not jobs.alive(None)
    assert jobs.alive(os.getpid())
