"""Work in the background: once however many ask, its errors said, stopped when asked or when nobody waits any more."""

import threading
import time

import pytest

from gatedclip.background import Background
from gatedclip.errors import DataError


@pytest.fixture
def behind():
    made = Background(room=2, patience=60)
    yield made
    made.close()


def until(wish, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not wish():
        assert time.monotonic() < end
        time.sleep(0.01)


class Slow:
    """Work that says how far it is and goes on until it is let go."""

    def __init__(self) -> None:
        self.runs, self.go = 0, threading.Event()

    def __call__(self, told) -> None:
        self.runs += 1
        while not self.go.wait(0.01):
            told(0.5)


def test_the_same_thing_asked_for_twice_is_done_once(behind):
    work = Slow()
    first, second = behind.ask("a", work), behind.ask("a", work)
    assert first is second
    until(lambda: first.progress == 0.5)
    assert behind.ask("a", work).state == "running"
    work.go.set()
    until(lambda: behind.look("a") is None)
    assert work.runs == 1


def test_tasks_are_done_one_after_the_other_in_the_order_asked(behind):
    order, gate = [], Slow()
    behind.ask("gate", gate)
    until(lambda: gate.runs)
    for name in ("a", "b"):
        behind.ask(name, lambda told, name=name: order.append(name))
    gate.go.set()
    until(lambda: behind.look("b") is None)
    assert order == ["a", "b"]


def test_a_full_line_takes_no_more_until_it_is_asked_again(behind):
    gate, done = Slow(), []
    behind.ask("gate", gate)
    until(lambda: gate.runs)
    for name in ("a", "b"):
        behind.ask(name, lambda told: None)
    assert behind.ask("c", done.append).state == "waiting"
    assert behind.look("c") is None
    gate.go.set()
    until(lambda: behind.look("b") is None)
    behind.ask("c", lambda told: done.append("c"))
    until(lambda: done == ["c"])


def test_an_error_is_said_and_stays_until_it_is_forgotten(behind):
    def fail(told) -> None:
        raise DataError("The picture is missing. Upload it again.")

    task = behind.ask("a", fail)
    until(lambda: task.ended)
    again = behind.ask("a", fail)
    assert (again.state, again.message) == ("failed", "The picture is missing. Upload it again.")
    behind.forget("a")
    assert behind.look("a") is None


def test_an_error_of_ours_is_named_and_the_next_task_is_done(behind):
    task = behind.ask("a", lambda told: 1 / 0)
    until(lambda: task.ended)
    assert task.message == "ZeroDivisionError; the details are in the server's log."
    done = []
    behind.ask("b", lambda told: done.append(1))
    until(lambda: done)


def test_a_cancelled_task_stops_and_stays_cancelled_until_it_is_forgotten(behind):
    work = Slow()
    task = behind.ask("a", work)
    until(lambda: task.progress == 0.5)
    behind.cancel("a")
    until(lambda: task.ended)
    assert behind.ask("a", work).state == "cancelled"
    behind.forget("a")
    work.go.set()
    behind.ask("a", work)
    until(lambda: behind.look("a") is None)
    assert work.runs == 2


def test_a_task_nobody_asks_for_any_more_is_dropped_and_can_be_asked_for_again():
    behind, work = Background(patience=0.05), Slow()
    behind.ask("a", work)
    until(lambda: work.runs and behind.look("a") is None)
    work.go.set()
    assert behind.ask("a", work).state in ("waiting", "running")
    until(lambda: work.runs == 2)


def test_closing_stops_what_runs_and_what_waits(behind):
    work, never = Slow(), []
    task = behind.ask("a", work)
    behind.ask("b", lambda told: never.append(1))
    until(lambda: work.runs)
    behind.close()
    assert task.state == "cancelled"
    assert never == []
