import time

import pytest
from bringing import dataset

from gatedclip.types import Label
from gatedclip.ui.desk import ARMING, Desk


@pytest.fixture
def waiting(bench):
    bench.import_archive("set.zip", dataset(3))
    return bench


def test_a_free_desk_gets_the_oldest_waiting_meme_covered_and_blind(waiting):
    desk = Desk(revealed=True, assisted=True)
    meme = desk.seat(waiting, "anna")
    assert (meme.id, desk.meme_id) == (1, 1)
    assert (desk.revealed, desk.assisted) == (False, False)


def test_the_same_meme_stays_uncovered_from_run_to_run(waiting):
    desk = Desk()
    desk.seat(waiting, "anna")
    desk.revealed, token = True, desk.token
    desk.seat(waiting, "anna")
    assert (desk.revealed, desk.token) == (True, token)


def test_two_people_never_have_the_same_meme_on_their_desks(waiting):
    desks = {name: Desk() for name in ("anna", "ben", "cem", "dan")}
    seated = [desk.seat(waiting, name) for name, desk in desks.items()]
    assert [m and m.id for m in seated] == [1, 2, 3, None]


def test_a_decision_counts_only_for_the_meme_on_the_desk_and_only_once_it_was_seen(waiting):
    desk = Desk()
    meme = desk.seat(waiting, "anna")
    assert not desk.armed(meme.id)  # not drawn yet
    desk.drawn()
    assert not desk.armed(meme.id)  # drawn this very moment
    desk.laid = time.monotonic() - ARMING
    assert desk.armed(meme.id)
    assert not desk.armed(meme.id + 1)


def test_being_drawn_again_does_not_start_the_clock_anew(waiting):
    desk = Desk()
    desk.seat(waiting, "anna")
    desk.laid = 5.0
    desk.drawn()
    assert desk.laid == 5.0


def test_looking_back_shows_the_decided_meme_and_keeps_the_next_one_on_the_desk(waiting):
    desk = Desk()
    first = desk.seat(waiting, "anna")
    desk.back = waiting.decide(first, Label.HATEFUL, "anna")
    desk.meme_id = None
    assert desk.seat(waiting, "anna").id == first.id
    desk.back = None
    assert desk.seat(waiting, "anna").id == 2


def test_a_meme_taken_by_someone_else_meanwhile_gives_way_to_the_next(waiting):
    desk = Desk()
    desk.lay(1)
    waiting.claim("ben", 1)
    assert desk.seat(waiting, "anna").id == 2
    assert desk.meme_id == 2


def test_a_link_lays_its_meme_once(waiting):
    desk, address = Desk(), {"meme": "3", "show": "all"}
    desk.follow(address)
    assert (desk.seat(waiting, "anna").id, address) == (3, {"show": "all"})
    desk.clear()
    desk.follow(address)
    assert desk.seat(waiting, "ben").id == 1


def test_a_link_to_a_meme_that_is_not_there_gives_way_to_the_next(waiting):
    desk = Desk()
    desk.follow({"meme": "999"})
    assert desk.seat(waiting, "anna").id == 1


@pytest.mark.parametrize("wanted", ["", "-1", "x", "1e3", "²", "9" * 30, "<b>"])
def test_a_link_to_nonsense_is_ignored(waiting, wanted):
    desk = Desk()
    desk.follow({"meme": wanted})
    assert desk.meme_id is None


def test_a_meme_chosen_in_the_queue_comes_before_the_oldest(waiting):
    desk = Desk()
    desk.lay(3)
    assert desk.seat(waiting, "anna").id == 3
