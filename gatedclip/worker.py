"""The child process that does one job: `python -m gatedclip.worker JOB_ID`."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from gatedclip.config import TrainConfig
from gatedclip.errors import GatedCLIPError
from gatedclip.store.jobs import Jobs
from gatedclip.types import Job, JobStatus, Way
from gatedclip.workbench import Workbench

if TYPE_CHECKING:
    from gatedclip.learn.train import Epoch

REPORT_EVERY = 0.5  # seconds between two notes of progress


class Cancelled(Exception):
    """A person asked the job to stop."""


@dataclass
class Reporter:
    """Notes progress in the store now and then, and stops the work when a person asked for it."""

    jobs: Jobs
    job_id: int
    _last: float = field(default=0.0)

    def __call__(self, fraction: float, message: str) -> None:
        now = time.monotonic()
        if now - self._last < REPORT_EVERY:
            return
        self._last = now
        if self.jobs.progress(self.job_id, fraction, message):
            raise Cancelled


def retrain(workbench: Workbench, job: Job, progress: Callable[[float, str], None]) -> dict[str, Any]:
    """A new candidate; each epoch is told in the job's result as it ends."""
    epochs: list[dict[str, float]] = []

    def told(epoch: Epoch) -> None:
        epochs.append(asdict(epoch))
        workbench.store.jobs.note(job.id, {"epochs": epochs})

    version = workbench.retrain(TrainConfig.from_dict(job.options), job.requested_by, progress, told)
    return {"version_id": version.id}


def audit(workbench: Workbench, job: Job, progress: Callable[[float, str], None]) -> dict[str, Any]:
    """What is wrong with what would be learned from, and of which lesson that was found."""
    config = TrainConfig.from_dict(job.options)
    lesson = workbench.lesson(config).sha256
    return {"findings": [asdict(finding) for finding in workbench.examine(config, progress)], "lesson": lesson}


def explain(workbench: Workbench, job: Job, progress: Callable[[float, str], None]) -> dict[str, Any]:
    """Makes a map, or finds out how far to trust it; it lands where every map is kept."""
    wanted = job.options
    verb = workbench.trust if wanted["trust"] else workbench.explain
    way = Way(wanted["method"], wanted["target"], wanted["baseline"])
    verb(workbench.meme(wanted["meme_id"]), way, progress)
    return {"meme_id": wanted["meme_id"]}


def choose(workbench: Workbench, job: Job, progress: Callable[[float, str], None]) -> dict[str, Any]:
    """Chooses the memes to look at next."""
    return {"batch": workbench.choose(job.requested_by, progress)[0].batch}


def noise(workbench: Workbench, job: Job, progress: Callable[[float, str], None]) -> dict[str, Any]:
    """How much another seed changes; it is kept as what a change has to exceed."""
    config = TrainConfig.from_dict(job.options["config"])
    deviation, areas = workbench.measure_seed_noise(config, job.options["seeds"], job.requested_by, progress)
    return {"deviation": deviation, "areas": areas}


def reviewers(workbench: Workbench, job: Job, progress: Callable[[float, str], None]) -> dict[str, Any]:
    """Whether heads of a version's recipe learn the reviewer."""
    config = TrainConfig.from_dict(workbench.version(job.options["version_id"]).config)
    found = workbench.reviewer_held_out(config, job.requested_by, progress)
    return {**asdict(found), "sentence": found.sentence}


def reproduce(workbench: Workbench, job: Job, progress: Callable[[float, str], None]) -> dict[str, Any]:
    """Whether a version trained again is the same byte by byte."""
    found = workbench.reproduce(workbench.version(job.options["version_id"]), progress)
    return asdict(found)


WORK: dict[str, Callable[[Workbench, Job, Callable[[float, str], None]], dict[str, Any]]] = {
    "retrain": retrain,
    "audit": audit,
    "explain": explain,
    "choose": choose,
    "noise": noise,
    "reviewers": reviewers,
    "reproduce": reproduce,
}


def run(workbench: Workbench, job_id: int) -> None:
    """Does a queued job to its end, whichever it is; a job that is no longer queued is left alone."""
    jobs = workbench.store.jobs
    if not jobs.begin(job_id, os.getpid()):
        return
    job = jobs.get(job_id)
    try:
        result = WORK[job.kind](workbench, job, Reporter(jobs, job_id))
    except Cancelled:
        jobs.finish(job_id, JobStatus.CANCELLED, "stopped on request")
    except GatedCLIPError as error:
        jobs.finish(job_id, JobStatus.FAILED, str(error))
    except Exception as error:
        traceback.print_exc()  # into the job's log
        jobs.finish(job_id, JobStatus.FAILED, f"{type(error).__name__}; the details are in logs/job-{job_id}.log")
    else:
        jobs.finish(job_id, JobStatus.DONE, "done", result)


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(10)  # people at the pages come first
    run(Workbench.open(), int(sys.argv[1]))
