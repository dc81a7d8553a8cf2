from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from gatedclip.errors import AlreadyRunning, NotFound, StoreError
from gatedclip.types import JobStatus


def test_a_job_goes_from_queued_to_done(store):
    job = store.jobs.start("train", "anna", {"epochs": 3})
    assert (job.status, job.options, store.jobs.active("train")) == (JobStatus.QUEUED, {"epochs": 3}, job)
    assert store.jobs.begin(job.id, pid=123)
    assert not store.jobs.begin(job.id, pid=456)
    assert store.jobs.progress(job.id, 0.5, "epoch 1 of 2") is False
    running = store.jobs.get(job.id)
    assert (running.status, running.progress, running.message, running.pid) == (JobStatus.RUNNING, 0.5, "epoch 1 of 2", 123)
    store.jobs.finish(job.id, JobStatus.DONE, "done", {"version": 2})
    done = store.jobs.get(job.id)
    assert (done.status, done.progress, done.result) == (JobStatus.DONE, 1.0, {"version": 2})
    assert done.finished_at >= done.created_at
    assert store.jobs.active("train") is None


def test_one_job_of_a_kind_is_active_and_the_refusal_names_who_started_it(store):
    store.jobs.start("train", "anna")
    with pytest.raises(AlreadyRunning, match=r"train job started by 'anna'"):
        store.jobs.start("train", "ben")
    store.jobs.start("embed", "ben")
    assert [job.kind for job in store.jobs.latest()] == ["embed", "train"]


def test_of_eight_who_start_at_once_one_succeeds(store):
    def start(who):
        try:
            return store.jobs.start("train", who)
        except AlreadyRunning:
            return None

    with ThreadPoolExecutor(8) as threads:
        started = [job for job in threads.map(start, [f"r{n}" for n in range(8)]) if job]
    assert started == store.jobs.latest("train")


def test_a_finished_job_makes_room_and_stays_as_it_ended(store):
    job = store.jobs.start("train", "anna")
    store.jobs.finish(job.id, JobStatus.FAILED, "no memes")
    store.jobs.finish(job.id, JobStatus.DONE, "late")
    assert (store.jobs.get(job.id).status, store.jobs.get(job.id).message) == (JobStatus.FAILED, "no memes")
    again = store.jobs.start("train", "anna")
    assert [j.id for j in store.jobs.latest("train", n=1)] == [again.id]
    with pytest.raises(StoreError, match="'running'"):
        store.jobs.finish(again.id, JobStatus.RUNNING)


def test_a_cancelled_job_learns_it_at_its_next_progress(store):
    job = store.jobs.start("train", "anna")
    store.jobs.begin(job.id, pid=1)
    store.jobs.cancel(job.id)
    assert store.jobs.get(job.id).cancelling
    assert store.jobs.progress(job.id, 0.1, "epoch 1") is True
    store.jobs.finish(job.id, JobStatus.CANCELLED)
    assert store.jobs.get(job.id).status is JobStatus.CANCELLED


def test_a_job_that_ended_is_told_to_stop(store):
    job = store.jobs.start("train", "anna")
    store.jobs.finish(job.id, JobStatus.LOST)
    assert store.jobs.progress(job.id, 0.9, "still here") is True
    assert store.jobs.get(job.id).progress == 0.0


def test_a_quiet_job_is_lost_only_when_its_process_is_gone(store):
    job = store.jobs.start("train", "anna")
    store.jobs.begin(job.id, pid=42)
    later = job.created_at + timedelta(seconds=60)
    assert store.jobs.reap(lambda pid: False) == []
    assert store.jobs.reap(lambda pid: pid == 42, now=later) == []
    (lost,) = store.jobs.reap(lambda pid: False, now=later)
    assert (lost.id, lost.status) == (job.id, JobStatus.LOST)
    assert store.jobs.get(job.id).status is JobStatus.LOST
    assert store.jobs.start("train", "ben").id != job.id


def test_a_job_whose_process_never_came_is_lost_too(store):
    job = store.jobs.start("train", "anna")
    (lost,) = store.jobs.reap(lambda pid: pid is not None, now=job.created_at + timedelta(seconds=16))
    assert lost.status is JobStatus.LOST


def test_a_job_that_is_not_there_is_not_found(store):
    with pytest.raises(NotFound, match="no job 5"):
        store.jobs.get(5)
