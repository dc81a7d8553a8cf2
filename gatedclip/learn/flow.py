"""How the work goes: what each person decided and when, and how long memes have waited."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from gatedclip.types import Action, Decision

AGES = {"up to an hour": 1, "up to a day": 24, "up to a week": 168, "up to a month": 720}
"""Names of the ages that waiting memes are counted by, and their upper ends in hours; what is older is counted last."""

OLDER = "more than a month"


@dataclass(frozen=True, slots=True)
class Work:
    """What one person decided."""

    reviewer: str
    decisions: int
    seconds: float | None  # median time from a meme's appearance to the decision; None where none was taken
    assisted: float  # share decided after the model's view was shown, 0..1
    together: int  # decided in a group, several memes at once


@dataclass(frozen=True, slots=True)
class Day:
    """How many memes one person decided on one day (UTC)."""

    day: date
    reviewer: str
    decisions: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """Memes that wait, by how long they have."""

    waiting: int
    oldest: timedelta | None  # None when nothing waits
    median: timedelta | None
    ages: dict[str, int]  # how many, youngest first; the keys of AGES, then OLDER


def work(decisions: Iterable[Decision]) -> tuple[Work, ...]:
    """What everyone decided, by name; events that were undone, or are no decisions, are left out."""
    by_name: dict[str, list[Decision]] = defaultdict(list)
    for decision in _standing(decisions):
        by_name[decision.reviewer].append(decision)
    return tuple(_work(name, by_name[name]) for name in sorted(by_name, key=str.casefold))


def _work(name: str, made: Sequence[Decision]) -> Work:
    # a group shares one moment, so its time says nothing about one meme
    seconds = [d.seconds for d in made if d.seconds is not None and not d.bulk]
    assisted = sum(d.assisted for d in made) / len(made)
    return Work(name, len(made), median(seconds) if seconds else None, assisted, sum(bool(d.bulk) for d in made))


def throughput(decisions: Iterable[Decision], until: date, days: int = 14) -> tuple[Day, ...]:
    """Decisions per day and person over the `days` that end with `until`: each day for everyone who decided in them."""
    first = until - timedelta(days=days - 1)
    counts = Counter((d.at.date(), d.reviewer) for d in _standing(decisions) if first <= d.at.date() <= until)
    names = sorted({name for _, name in counts}, key=str.casefold)
    return tuple(Day(day, name, counts[day, name]) for name in names for day in (first + timedelta(days=n) for n in range(days)))


def backlog(since: Iterable[datetime], now: datetime) -> Backlog:
    """The ages of what waits, from the moments it came in."""
    ages = sorted(max(now - at, timedelta()) for at in since)
    counts = dict.fromkeys([*AGES, OLDER], 0)
    for age in ages:
        counts[next((name for name, hours in AGES.items() if age <= timedelta(hours=hours)), OLDER)] += 1
    return Backlog(len(ages), ages[-1] if ages else None, _median(ages), counts)


def _median(ages: Sequence[timedelta]) -> timedelta | None:
    return timedelta(seconds=median(age.total_seconds() for age in ages)) if ages else None


def say_age(age: timedelta | None) -> str:
    """An age in its largest whole unit."""
    if age is None:
        return "–"
    minutes = int(age.total_seconds() // 60)
    for unit, size in (("day", 1440), ("hour", 60), ("minute", 1)):
        if minutes >= size:
            return f"{minutes // size} {unit}{'s' if minutes // size > 1 else ''}"
    return "less than a minute"


def _standing(decisions: Iterable[Decision]) -> Iterable[Decision]:
    return (d for d in decisions if d.action is Action.DECIDE and not d.undone and not d.erased)
