"""The lists and groups of the queue page."""

import pytest
from bringing import dataset
from reading import button, said

from gatedclip.store import DecisionFilter, MemeFilter
from gatedclip.team import LOCAL_ROLE, SECOND_SHARE
from gatedclip.types import Facet, Label, Policy, Split, Status

H, B = Label.HATEFUL, Label.BENIGN


@pytest.fixture
def filled(bench):
    """Eight memes; the first three are of one family."""
    bench.import_archive("set.zip", dataset(8))
    bench.store.memes.join_families([[1, 2, 3]])
    return bench


def shown_memes(app) -> list[int]:
    return [int(box.key.removeprefix("choose-")) for box in app.checkbox if box.key.startswith("choose-")]


def test_memes_are_assigned_to_a_person_and_stand_on_their_list(app, filled):
    filled.add_reviewer("ben")
    page = app("queue")
    page.checkbox(key="choose-2").check().run()
    page.checkbox(key="choose-4").check().run()
    assert "2 chosen on this page." in said(page)
    page.selectbox(key="assign-to").set_value("ben").run()
    button(page, "Assign").click().run()
    assert [m.assigned_to for m in filled.look_up([1, 2, 4])] == ["", "ben", "ben"]
    assert "0 chosen on this page." in said(page)
    page.session_state["reviewer"] = "ben"
    page.segmented_control(key="show").set_value("my list").run()
    assert shown_memes(page) == [2, 4]
    assert filled.claim("ben").id == 2


def test_an_empty_list_of_one_s_own_says_what_it_is_for(app, filled):
    page = app("queue")
    page.segmented_control(key="show").set_value("my list").run()
    assert "A lead can put memes on your own list" in said(page)


def test_chosen_memes_become_hidden_ones_of_known_label(app, filled):
    page = app("queue")
    page.checkbox(key="choose-5").check().run()
    page.selectbox(key="gold-label").set_value(B).run()
    button(page, "Hide among the others").click().run()
    assert filled.team.gold() == {5: B}
    assert 5 not in shown_memes(page)
    page.segmented_control(key="show").set_value("hidden").run()
    assert "in truth: ✔ benign" in said(page)
    button(page, "Back into the queue").click().run()
    assert "Meme 5 is in the queue again" in said(page)
    assert "No meme is hidden among the others" in said(page)
    assert filled.team.gold() == {}


def test_lists_for_leads_show_who_said_what_and_nobody_else_sees_them(app, filled):
    filled.add_reviewer("ben")
    filled.team.choose(SECOND_SHARE, 1.0, "lea")
    for name, label in (("anna", H), ("ben", B)):
        filled.decide(filled.claim(name, 1), label, name)
    filled.escalate(filled.claim("anna", 2), "anna", note="which one is it?")
    page = app("queue")
    page.segmented_control(key="show").set_value("conflict").run()
    assert shown_memes(page) == [1]
    assert "anna: ✖ hateful" in said(page)
    assert "ben: ✔ benign" in said(page)
    page.segmented_control(key="show").set_value("escalated").run()
    assert shown_memes(page) == [2]
    filled.team.choose(LOCAL_ROLE, "moderator", "lea")
    page.run()
    assert page.segmented_control(key="show").options == ["waiting", "suggested", "skipped", "decided", "my list", "all"]
    assert page.segmented_control(key="show").value == "waiting"
    assert shown_memes(page) == []
    page.segmented_control(key="show").set_value("all").run()
    assert "anna: " not in said(page)
    assert "Settle" not in [link.proto.label for link in page.get("page_link")]


def test_a_family_is_decided_together_but_for_what_is_left_out_and_undone_in_one_step(app, filled):
    page = app("queue")
    page.button(key="group-1").click().run()
    assert [box.label for box in page.checkbox] == ["Leave out meme 1", "Leave out meme 2", "Leave out meme 3"]
    page.checkbox(key="veto-2").check().run()
    page.radio(key="group-1-label").set_value(B).run()
    button(page, "Decide 2 together").click().run()
    assert "2 memes are decided as benign" in said(page)
    assert [filled.meme(n).label for n in (1, 2, 3)] == [B, None, B]
    events = [event for event, _ in filled.history(DecisionFilter())]
    assert len({event.bulk for event in events}) == 1
    button(page, "Undo all 2 decided together").click().run()
    assert "2 memes wait again" in said(page)
    assert filled.count(MemeFilter(split=Split.QUEUE, status=Status.WAITING)) == 8


def test_a_group_asks_what_the_policy_asks_and_says_what_is_missing(app, filled):
    filled.team.write_policy(Policy("x", (Facet("group", "Who is meant?", ("people", "robots"), required=True),)), "lea")
    page = app("queue")
    page.button(key="group-2").click().run()
    assert "Who is meant? (must be answered)" in said(page)
    button(page, "Decide 3 together").click().run()
    assert "asks for Who is meant?" in said(page)
    assert filled.count_events(DecisionFilter()) == 0
    page.multiselect(key="group-2-group").set_value(["robots"]).run()
    button(page, "Decide 3 together").click().run()
    assert {tuple(e.tags["group"]) for e, _ in filled.history(DecisionFilter())} == {("robots",)}


def test_memes_that_someone_else_holds_stay(app, filled):
    filled.claim("ben", 3)
    page = app("queue")
    page.button(key="group-1").click().run()
    button(page, "Decide 3 together").click().run()
    assert "1 stay in the queue" in said(page)
    assert filled.meme(3).status is Status.WAITING


def test_near_neighbours_are_found_by_the_model(app, filled):
    filled.engine.embed([m.picture for m in filled.memes(MemeFilter())], [m.text for m in filled.memes(MemeFilter())])
    page = app("queue")
    page.button(key="group-7").click().run()
    page.segmented_control(key="group-by").set_value("near neighbours").run()
    assert not page.exception
    assert page.checkbox[0].label == "Leave out meme 7"
    assert len(page.checkbox) == 8
    button(page, "Back to the list").click().run()
    assert len(shown_memes(page)) == 8
