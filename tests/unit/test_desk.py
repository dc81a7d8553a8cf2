import time
from datetime import timedelta

import pytest
from bringing import dataset

from gatedclip.store.tables import utcnow
from gatedclip.types import Facet, Label, Policy, Preferences, QueueRule, Rationale, Status
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


# --- what is said so far ----------------------------------------------------------------------------------------------


def begun(bench, who="anna"):
    """A desk on which something was said about meme 1, and kept."""
    desk = Desk()
    desk.seat(bench, who)
    desk.draft.note, desk.draft.tags, desk.draft.confidence = "half a thought", {"severity": ["low"]}, 0.6
    desk.draft.rationale, desk.draft.regions = Rationale.WORDS, ((0.1, 0.1, 0.5, 0.5),)
    desk.keep(bench)
    return desk


def test_what_was_said_lies_on_another_desk_of_the_same_person_and_on_nobody_else_s(waiting):
    begun(waiting)
    again, other = Desk(), Desk()
    again.seat(waiting, "anna")
    assert (again.draft.note, again.draft.tags, again.draft.confidence) == ("half a thought", {"severity": ["low"]}, 0.6)
    assert (again.draft.rationale, again.draft.regions) == (Rationale.WORDS, ((0.1, 0.1, 0.5, 0.5),))
    other.seat(waiting, "ben")
    assert other.content() == {}


def test_nothing_is_written_while_nothing_is_said_anew(waiting):
    desk = begun(waiting)
    waiting.keep_draft("anna", 1, {"note": "written since, behind this desk"})
    desk.keep(waiting)
    assert waiting.draft("anna", 1) == {"note": "written since, behind this desk"}
    desk.draft.note = "another thought"
    desk.keep(waiting)
    assert waiting.draft("anna", 1)["note"] == "another thought"


def test_marked_words_come_back_only_while_they_stand_where_they_stood(waiting):
    desk = Desk()
    meme = desk.seat(waiting, "anna")
    desk.draft.take(meme)
    desk.draft.words, desk.draft.said = (0, 2), ("words", "0")
    desk.keep(waiting)
    waiting.edit_words(1, "words count 0", "ben")
    again = Desk()
    again.seat(waiting, "anna")
    assert again.draft.words == (0, 2)
    waiting.edit_words(1, "some words 0", "ben")
    again = Desk()
    again.seat(waiting, "anna")
    assert again.draft.words == (2,)


def test_a_lost_lease_is_said_and_loses_nothing(waiting):
    desk = begun(waiting)
    waiting.store.queue.claim("ben", utcnow() + timedelta(hours=1), meme_id=1)
    assert desk.seat(waiting, "anna").id == 2
    assert "Somebody else has meme 1 now. What you had said about it is kept" in desk.noticed()
    assert desk.noticed() == ""
    waiting.release(1, "ben")
    desk.lay(1)
    desk.seat(waiting, "anna")
    assert desk.draft.note == "half a thought"


def test_having_seen_the_model_or_the_picture_outlives_the_desk(waiting):
    desk = Desk()
    desk.seat(waiting, "anna")
    desk.assisted = True
    desk.reveal()
    desk.keep(waiting)
    again = Desk()
    again.seat(waiting, "anna")
    assert (again.assisted, again.seen) == (True, True)
    assert (again.uncovered, again.revealed) == (False, False)  # shown anew only when asked for


def test_another_person_at_the_same_tab_gets_a_desk_of_their_own(waiting):
    desk = begun(waiting)
    assert desk.seat(waiting, "ben").id == 2
    assert desk.content() == {}


def test_only_answers_to_what_is_asked_with_the_label_go_with_it(waiting):
    policy = Policy("p", (Facet("a", "A", ("x",)), Facet("b", "B", ("y",), asked_for=(Label.BENIGN,))))
    desk = Desk()
    desk.draft.tags = {"a": ["x"], "b": ["y"], "gone": ["z"]}
    assert desk.draft.tags_for(policy, Label.HATEFUL) == {"a": ["x"]}
    assert desk.draft.tags_for(policy, Label.UNSURE) == {}


# --- what is uncovered ------------------------------------------------------------------------------------------------


def test_a_clear_picture_counts_once_however_it_is_covered(waiting):
    desk = Desk()
    desk.seat(waiting, "anna")
    for cover in (desk.cover, lambda: desk.lay(2), desk.clear):
        desk.reveal()
        desk.views.record(waiting)
        assert desk.views.going_on
        cover()
        assert not desk.revealed
        desk.views.record(waiting)
        desk.views.record(waiting)
        desk.seat(waiting, "anna")
    (today,) = waiting.team.exposure("anna", 1)
    assert today.reveals == 3
    assert desk.views.kept == []


def test_a_meme_that_somebody_else_is_to_answer_says_so_and_gives_way(waiting):
    waiting.add_reviewer("ben")
    waiting.team.choose("second share", 1.0, "lea")
    waiting.decide(waiting.claim("anna", 1), Label.HATEFUL, "anna")
    desk = Desk()
    desk.follow({"meme": "1"})
    assert desk.seat(waiting, "anna").id == 2
    assert "You have answered meme 1" in desk.noticed()


def test_a_named_queue_gives_only_its_memes(waiting):
    waiting.team.write_rules([QueueRule("nothing", source="elsewhere")], "lea")
    assert Desk().seat(waiting, "anna", "nothing") is None
    assert Desk().seat(waiting, "anna", "a queue that is gone").id == 1


def test_what_others_said_is_told_to_leads_and_only_where_a_lead_is_asked(waiting):
    waiting.add_reviewer("ben")
    waiting.team.choose("second share", 1.0, "lea")
    waiting.decide(waiting.claim("anna", 1), Label.HATEFUL, "anna", note="a slur")
    assert waiting.disputed(waiting.meme(1), "lea") == []  # a second answer is awaited
    waiting.decide(waiting.claim("ben", 1), Label.BENIGN, "ben")
    meme = waiting.meme(1)
    assert meme.status is Status.CONFLICT
    assert [(e.reviewer, e.label, e.note) for e in waiting.disputed(meme, "lea")] == [
        ("anna", Label.HATEFUL, "a slur"),
        ("ben", Label.BENIGN, ""),
    ]


def test_what_comes_next_is_made_ready_while_a_meme_is_looked_at(waiting):
    desk = Desk()
    desk.seat(waiting, "anna")
    desk.look_ahead(waiting, "", ["blurred-strong-grey"])
    until = time.monotonic() + 20
    while not waiting.pictures.has(waiting.meme(3).picture, "blurred-strong-grey") and time.monotonic() < until:
        time.sleep(0.05)
    assert waiting.pictures.has(waiting.meme(3).picture, "blurred-strong-grey")


def test_a_meme_that_is_given_back_is_anybody_s_and_what_was_said_is_kept(waiting):
    desk = begun(waiting)
    waiting.team.prefer("anna", Preferences(opt_out=("set.zip",)))
    desk.give_back(waiting)
    assert desk.seat(waiting, "anna") is None
    assert waiting.claim("ben", 1).id == 1
    assert waiting.draft("anna", 1)["note"] == "half a thought"
