"""A worker killed while it retrains: no half a version, no lost decision, and the next job goes to its end."""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from gatedclip import jobs
from gatedclip.config import TrainConfig
from gatedclip.model import checkpoint
from gatedclip.retraining import tidy
from gatedclip.store.jobs import STALE
from gatedclip.store.tables import utcnow
from gatedclip.types import JobStatus, Label
from gatedclip.workbench import Workbench

KILLS = 10
QUICK = TrainConfig(epochs=3, warmup=1, learning_rate=3e-3, gate_hold=0, flip=0.0)
LATER = STALE + timedelta(seconds=1)

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/cmdline").exists(), reason="finds the worker before it says its number in /proc"
)


@pytest.fixture
def decided(teach) -> Workbench:
    """A workbench with a head that serves, three decisions, and one of them undone."""
    bench = teach(4, QUICK)
    for label in (Label.HATEFUL, Label.BENIGN, Label.HATEFUL):
        bench.decide(bench.claim("anna"), label, "anna")
    bench.undo("anna")
    return bench


def worker_of(job_id: int) -> int:
    """The process that does a job, found before it has told its number."""
    wanted = f"-m\0gatedclip.worker\0{job_id}\0".encode()
    end = time.monotonic() + 10
    while time.monotonic() < end:
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                found = file.read_bytes().endswith(wanted)
            except OSError:  # ended meanwhile
                continue
            if found and os.getpgid(int(file.parent.name)) == int(
                file.parent.name
            ):  # its own session: not a fork about to become it
                return int(file.parent.name)
    raise AssertionError(f"no worker does job {job_id}")


def whole(bench: Workbench) -> None:
    """Every version loads strictly, as does every folder that is no draft, and the record is what it was."""
    folders = {version.folder for version in bench.versions()}
    lying = {path.name for path in bench.settings.versions.iterdir() if not path.name.startswith(".")}
    assert folders <= lying
    for folder in lying:
        checkpoint.load(bench.settings.versions / folder)
    found = bench.audit()
    assert (found.problems, found.events) == ((), 4)
    assert bench.audit_promotions().problems == ()
    assert len(bench.promotions()) == 1


def ended(bench: Workbench, job_id: int, seconds: float = 120) -> float:
    """Seconds until the process of a job has ended."""
    pid, began = worker_of(job_id), time.monotonic()
    while jobs.alive(pid) and time.monotonic() < began + seconds:
        time.sleep(0.02)
    assert not jobs.alive(pid), (bench.settings.logs / f"job-{job_id}.log").read_text()
    return time.monotonic() - began


@needs_proc
def test_ten_kills_over_the_whole_life_of_a_worker_leave_no_half_version_and_lose_no_decision(decided):
    draw, store = random.Random(7), decided.store
    life = ended(decided, decided.start_retraining(QUICK, "anna").id)
    assert [job.status for job in store.jobs.latest("retrain")] == [JobStatus.DONE]
    lost = 0
    for kill in range(KILLS):
        moment = (kill + draw.random()) / KILLS * life
        job = decided.start_retraining(QUICK, "anna")
        began, pid = time.monotonic(), worker_of(job.id)
        time.sleep(max(0.0, began + moment - time.monotonic()))
        os.kill(pid, signal.SIGKILL)
        while jobs.alive(pid):
            time.sleep(0.005)
        done = store.jobs.get(job.id).status is JobStatus.DONE  # the last moments may come after its last write
        assert [each.id for each in store.jobs.reap(jobs.alive, utcnow() + LATER)] == ([] if done else [job.id])
        assert decided.job("retrain").status is (JobStatus.DONE if done else JobStatus.LOST)
        lost += not done
        whole(decided)
    assert lost >= KILLS // 2  # how long a life lasts varies; a late moment may find it over

    made = len(decided.versions())
    job = decided.start_retraining(QUICK, "ben")
    ended(decided, job.id)
    job = store.jobs.get(job.id)
    assert (job.status, job.requested_by) == (JobStatus.DONE, "ben")
    assert len(decided.versions()) == made + 1
    whole(decided)
    assert decided.version(job.result["version_id"]).created_by == "ben"
    tidy(decided.engine, utcnow() + LATER)
    assert {path.name for path in decided.settings.versions.iterdir()} == {version.folder for version in decided.versions()}


STEPS = {  # what is about to be written or moved when the process dies, and what it leaves in a folder
    "head.json": {"head.safetensors", "familiar.safetensors"},
    "os.rename": {"head.safetensors", "familiar.safetensors", "head.json"},
    "lesson.json": {"head.safetensors", "familiar.safetensors", "head.json"},
    "row": {"head.safetensors", "familiar.safetensors", "head.json", "lesson.json"},
}
DIES = """
import os, signal, sqlite3, sys, threading
from gatedclip import retraining
from gatedclip.config import TrainConfig
from gatedclip.workbench import Workbench

recipe, database, held = TrainConfig.from_dict(eval(sys.argv[1])), sys.argv[2], []

def retrain_and_die_before(step):
    def die():
        os.kill(os.getpid(), signal.SIGKILL)

    def hook(event, args):  # hears of each file that is opened or moved, before it is
        writing = event == "open" and args[1] == "w"
        at = os.path.basename(str(args[0])) if writing else event
        if at == step:
            die()
        if at == "lesson.json" and step == "row":
            held.append(sqlite3.connect(database, isolation_level=None))
            held[0].execute("begin immediate")  # so that the row, which comes after the lesson, has to wait
            threading.Timer(0.5, die).start()

    bench = Workbench.open()
    bench.engine.encoder
    sys.addaudithook(hook)
    bench.retrain(recipe, "anna")

for step in sys.argv[3:]:
    child = os.fork()  # what takes long to import is imported already
    if not child:
        retrain_and_die_before(step)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def test_what_a_death_in_the_middle_of_keeping_a_version_leaves_is_no_version_and_is_swept(decided, tiny_backbone):
    versions, champion, began = decided.versions(), decided.champion().folder, utcnow()
    env = {**os.environ, "GATEDCLIP_BACKBONE": tiny_backbone, "GATEDCLIP_DEVICE": "cpu"}
    database = decided.settings.home / "gatedclip.db"
    dies = [sys.executable, "-c", DIES, repr(QUICK.to_dict()), str(database), *STEPS]
    run = subprocess.run(dies, env=env, capture_output=True, text=True)
    assert run.stdout.split() == [str(-signal.SIGKILL)] * len(STEPS), run.stderr
    assert decided.versions() == versions
    whole(decided)
    left = [path for path in decided.settings.versions.iterdir() if path.name != champion]
    found = [(path.name[0] == ".", sorted(file.name for file in path.iterdir())) for path in left]
    assert sorted(found) == sorted((step in ("head.json", "os.rename"), sorted(files)) for step, files in STEPS.items())
    tidy(decided.engine, began)  # a moment later each might be another machine's work
    assert all(path.exists() for path in left)
    tidy(decided.engine, utcnow() + LATER)
    assert [path.name for path in decided.settings.versions.iterdir()] == [champion]


def test_the_next_retraining_sweeps_what_was_abandoned_and_nothing_else(decided):
    first, versions, before = decided.versions()[0], decided.settings.versions, utcnow() - LATER
    head = checkpoint.load(versions / first.folder)
    gone = subprocess.Popen([sys.executable, "-c", "pass"])
    gone.wait()
    for folder, pid, since in (("dead", gone.pid, before), ("fresh", gone.pid, utcnow()), ("alive", os.getpid(), before)):
        decided.store.versions.begin(folder, pid, since)
        checkpoint.save(head, versions / folder)
    (versions / ".dead-draft").mkdir()
    checkpoint.save(head, versions / "of another database")
    made = decided.retrain(QUICK, "anna")
    assert {path.name for path in versions.iterdir()} == {first.folder, made.folder, "fresh", "alive", "of another database"}
    assert decided.store.versions.abandoned(jobs.alive, utcnow() + LATER) == ["fresh"]
