"""One event of the history in detail: its receipt, an appeal, an erasure."""

import pytest
from bringing import dataset
from reading import button, said

from gatedclip.store import DecisionFilter
from gatedclip.team import LOCAL_ROLE
from gatedclip.types import Label, Split

H, B = Label.HATEFUL, Label.BENIGN


@pytest.fixture
def decided(bench):
    """Two memes decided together, the first as what it was not before."""
    bench.import_archive("set.zip", dataset(3))
    bench.decide(bench.claim("anna", 1), B, "anna")
    bench.reopen(1, "anna")
    bench.decide_together(bench.look_up([1, 2]), H, "anna", tags={"group": ["race"]})
    bench.decide(bench.claim("anna", 3), B, "anna", confidence=0.75)
    return bench


@pytest.fixture
def event(app):
    """Opens the history at the newest event of a meme: event(3)."""

    def visit(meme_id: int):
        shown = app("history")
        row = shown.dataframe[0].value["meme"].tolist().index(meme_id)
        shown.session_state["events"] = {"selection": {"rows": [row], "columns": []}}
        return shown.run()

    return visit


def test_an_event_is_shown_with_what_vouches_for_it(event, decided):
    newest = decided.history(DecisionFilter(meme_id=3))[0][0]
    shown = said(event(3))
    assert newest.receipt[:16] in shown
    assert "the one this software comes with" in shown
    assert "75%" in shown
    together = said(event(2))
    assert "race" in together
    assert "an undo takes all of it back" in together


def test_an_appeal_goes_to_somebody_else_and_nobody_is_told_the_label_meanwhile(event, decided):
    shown = event(3)
    button(shown, "Appeal").click().run()
    assert "Meme 3 goes to somebody who has not decided it" in said(shown)
    assert decided.claim("anna") is None
    assert decided.claim("ben").id == 3
    again = event(3)
    table = again.dataframe[0].value
    assert set(table["label"][table["meme"] == 3]) == {""}
    assert "✔ benign" not in said(again)


def test_only_who_may_erase_is_offered_to_and_only_a_typed_number_does_it(event, decided):
    shown = event(3)
    button(shown, "Erase the meme").click().run()
    assert "Nothing was erased" in said(shown)
    shown.text_input(key="erase-3-sure").set_value("3")
    button(shown, "Erase the meme").click().run()
    assert "Meme 3 is erased" in said(shown)
    assert decided.meme(3).split is Split.ERASED
    after = event(3)
    assert not after.exception
    assert "Only its place in the record is left" in said(after)
    decided.team.choose(LOCAL_ROLE, "moderator", "anna")
    assert "Erase the meme" not in [b.label for b in event(2).button]
