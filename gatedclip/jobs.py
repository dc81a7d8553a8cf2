"""Long work as a child process: started here, its progress and end kept in the store, its death noticed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from gatedclip.config import Settings
from gatedclip.store.jobs import Jobs
from gatedclip.types import Job

ENVIRONMENT = ("home", "db", "backbone", "device", "resize")  # settings a worker is handed


def start(jobs: Jobs, settings: Settings, kind: str, by: str, options: dict[str, Any]) -> Job:
    """A job and the process that will do it; AlreadyRunning when one of its kind is active."""
    reap(jobs)
    job = jobs.start(kind, by, options)
    settings.logs.mkdir(parents=True, exist_ok=True)
    handed = {f"GATEDCLIP_{name.upper()}": str(getattr(settings, name)) for name in ENVIRONMENT}
    with open(settings.logs / f"job-{job.id}.log", "ab") as log:
        subprocess.Popen(
            [sys.executable, "-m", "gatedclip.worker", str(job.id)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # outlives a restart of the server
            env={**os.environ, **handed},
        )
    return job


def reap(jobs: Jobs) -> list[Job]:
    """Marks jobs whose process died as lost, so that a new one can start."""
    return jobs.reap(alive)


def alive(pid: int | None) -> bool:
    """Whether a process runs; a zombie does not."""
    if pid is None:
        return False
    stat = Path(f"/proc/{pid}/stat")
    if not stat.parent.parent.is_dir():  # no /proc on this system
        return _answers(pid)
    try:
        return stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
