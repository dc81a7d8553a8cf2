"""What is told about the work, worked by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatedclip.learn.flow import AGES, OLDER, Backlog, Day, Work, backlog, say_age, throughput, work
from gatedclip.types import Action, Decision, Label

NOON = datetime(2026, 5, 10, 12, tzinfo=UTC)


def said(who, seconds=None, days_ago=0, **more):
    at = NOON - timedelta(days=days_ago)
    return Decision(1, Action.DECIDE, who, label=Label.BENIGN, seconds=seconds, at=at, **more)


def test_each_person_s_work_is_counted_by_name_whatever_its_case():
    found = work([said("ben", 8.0), said("Anna", 2.0, assisted=True), said("Anna", 4.0), said("Anna", 30.0), said("Anna")])
    assert found == (Work("Anna", 4, 4.0, 0.25, 0), Work("ben", 1, 8.0, 0.0, 0))


def test_what_was_undone_erased_or_no_decision_does_not_count():
    made = said("anna", 2.0)
    rest = [replace(made, undone=True), replace(made, erased=True), replace(made, action=Action.SKIP, label=None)]
    assert work([made, *rest]) == (Work("anna", 1, 2.0, 0.0, 0),)
    assert work(rest) == ()


def test_a_group_counts_but_its_time_does_not():
    assert work([said("anna", 1.0, bulk="x"), said("anna", 9.0)]) == (Work("anna", 2, 9.0, 0.0, 1),)
    assert work([said("anna", 1.0, bulk="x")]) == (Work("anna", 1, None, 0.0, 1),)


def test_throughput_has_every_day_for_everyone_and_nothing_outside_them():
    decisions = [said("ben"), said("ben"), said("anna", days_ago=2), said("anna", days_ago=3), said("eve", days_ago=-1)]
    days = [date(2026, 5, d) for d in (8, 9, 10)]
    assert throughput(decisions, NOON.date(), 3) == tuple(
        Day(day, name, n)
        for name, counts in (("anna", (1, 0, 0)), ("ben", (0, 0, 2)))
        for day, n in zip(days, counts, strict=True)
    )
    assert throughput([], NOON.date(), 3) == ()


def test_what_waits_is_counted_by_age_up_to_and_including_each_limit():
    hours = [0, 1, 1.01, 24, 168, 720, 721]
    found = backlog([NOON - timedelta(hours=h) for h in hours], NOON)
    assert found == Backlog(7, timedelta(hours=721), timedelta(hours=24), dict(zip([*AGES, OLDER], [2, 2, 1, 1, 1], strict=True)))
    assert backlog([], NOON) == Backlog(0, None, None, dict.fromkeys([*AGES, OLDER], 0))
    assert backlog([NOON + timedelta(hours=1)], NOON).oldest == timedelta()  # a clock that was set back


@given(st.lists(st.integers(-100, 10**6)))
def test_every_waiting_meme_is_counted_once(minutes):
    found = backlog([NOON - timedelta(minutes=m) for m in minutes], NOON)
    assert sum(found.ages.values()) == found.waiting == len(minutes)


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(seconds=60), "1 minute"),
        (timedelta(minutes=119), "1 hour"),
        (timedelta(hours=47), "1 day"),
        (timedelta(days=40), "40 days"),
        (None, "–"),
    ],
)
def test_an_age_is_said_in_its_largest_whole_unit(age, words):
    assert say_age(age) == words
