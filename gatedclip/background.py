"""Work of a few seconds that nobody waits for: one thread per process, a short line, each thing done once however many ask."""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Literal

from gatedclip.errors import GatedCLIPError

ROOM = 16  # tasks that may stand in line
PATIENCE = 10.0  # seconds after which a task is dropped that nobody has asked for again
KEPT = 64  # tasks that failed or were stopped, remembered so that it can be said
CLOSING = 5.0  # seconds that the end of the process waits for the running task to stop

Told = Callable[[float], None]  # fraction 0..1
State = Literal["waiting", "running", "failed", "cancelled"]
log = logging.getLogger(__name__)


class Stopped(Exception):
    """Somebody cancelled the task, or nobody asks for it any more."""


@dataclass
class Task:
    """How far one piece of work is. Where it lands is its own business; a task that succeeded is forgotten."""

    state: State = "waiting"
    progress: float = 0.0  # 0..1
    message: str = ""  # what went wrong
    asked: float = field(default_factory=time.monotonic)  # when somebody last asked
    stop: bool = False

    @property
    def ended(self) -> bool:
        return self.state in ("failed", "cancelled")


class Background:
    """One thread that works off a short line. Safe to share between threads."""

    def __init__(self, room: int = ROOM, patience: float = PATIENCE) -> None:
        self._room, self._patience = room, patience
        self._tasks: dict[Hashable, Task] = {}
        self._line: deque[tuple[Hashable, Task, Callable[[Told], object]]] = deque()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._working = False  # changed under the lock only: a thread about to end takes no more work
        self._closed = False

    def ask(self, key: Hashable, work: Callable[[Told], object]) -> Task:
        """The task of this key, begun if it was not; ask again while it is wanted, since a task nobody asks for is dropped.

        Where the line is full the task is waiting but not in it: asking again takes the next free place.
        """
        with self._lock:
            task = self._tasks.get(key)
            if task is None:
                task = Task()
                if len(self._line) >= self._room:
                    return task
                self._tasks[key] = task
                self._line.append((key, task, work))
                self._wake()
            task.asked = time.monotonic()
            return task

    def look(self, key: Hashable) -> Task | None:
        """The task of this key, without asking for it; None when there is none, or when it succeeded."""
        return self._tasks.get(key)

    def cancel(self, key: Hashable) -> None:
        """Stops a task at its next word of progress; it stays cancelled until it is forgotten."""
        if (task := self._tasks.get(key)) is not None:
            task.stop = True

    def forget(self, key: Hashable) -> None:
        """Lets a task that failed or was cancelled be asked for again."""
        with self._lock:
            if (task := self._tasks.get(key)) is not None and task.ended:
                del self._tasks[key]

    def close(self) -> None:
        """Stops what runs and what waits; called at the end of the process."""
        with self._lock:
            self._closed = True
            self._line.clear()
        if self._thread is not None:
            self._thread.join(CLOSING)

    # --- the thread -------------------------------------------------------------------------------------------------

    def _wake(self) -> None:
        if self._thread is None:
            atexit.register(self.close)
        if not self._working:
            self._working = True
            self._thread = threading.Thread(target=self._work_off, name="background", daemon=True)
            self._thread.start()

    def _work_off(self) -> None:
        while True:
            with self._lock:
                if not self._line:
                    self._working = False
                    return
                key, task, work = self._line.popleft()
            self._do(task, work)
            self._settle(key, task)

    def _do(self, task: Task, work: Callable[[Told], object]) -> None:
        def told(fraction: float) -> None:
            task.progress = fraction
            if task.stop or self._closed or time.monotonic() - task.asked > self._patience:
                raise Stopped

        try:
            told(0.0)
            task.state = "running"
            work(told)
        except Stopped:
            task.state = "cancelled"
        except GatedCLIPError as error:
            task.state, task.message = "failed", str(error)
        except Exception as error:
            log.exception("A task in the background failed")
            task.state, task.message = "failed", f"{type(error).__name__}; the details are in the server's log."

    def _settle(self, key: Hashable, task: Task) -> None:
        """Remembers what failed or was stopped by a person, a while; forgets the rest."""
        with self._lock:
            if task.state == "running" or (task.state == "cancelled" and not task.stop):
                del self._tasks[key]
            ended = [key for key, other in self._tasks.items() if other.ended]
            for old in ended[:-KEPT]:
                del self._tasks[old]
