"""Several people in a real browser: answers that differ reach a lead, who settles them; memes are decided together."""

import pytest

from gatedclip.config import Settings
from gatedclip.store import DecisionFilter, MemeFilter
from gatedclip.team import SECOND_SHARE, Team
from gatedclip.types import Action, Label, Split, Status

pytestmark = pytest.mark.browser


@pytest.fixture
def everything_twice(server, store):
    """Every meme is answered by two people."""
    team = Team(Settings(home=server.home), store)
    team.choose(SECOND_SHARE, 1.0, "lea")
    yield team
    team.choose(SECOND_SHARE, 0.0, "lea")


def test_two_people_differ_a_lead_settles_it_and_their_agreement_is_told(visit, store, everything_twice):
    waiting = store.memes.find(MemeFilter(split=Split.QUEUE, status=Status.WAITING, order="newest"), 3)  # nobody holds them
    answers = {"Anna": (Label.HATEFUL, Label.BENIGN, Label.HATEFUL), "Ben": (Label.BENIGN, Label.BENIGN, Label.HATEFUL)}
    for name in answers:
        tab = visit().go("").name(name)
        for meme, label in zip(waiting, answers[name], strict=True):
            tab.go(f"?reviewer={name}&meme={meme.id}").look().press("1" if label is Label.HATEFUL else "2")
            assert tab.comes_true(lambda meme=meme, name=name: store.decisions.answered(meme.id, name))
    assert [store.memes.get(m.id).status for m in waiting] == [Status.CONFLICT, Status.DECIDED, Status.DECIDED]

    lea = visit().go("queue?reviewer=Lea").choose("Show", "conflict").sees("Anna: ✖ hateful").sees("Ben: ✔ benign")
    lea.click("Settle", role="link").look().press("2")
    assert lea.comes_true(lambda: store.memes.get(waiting[0].id).label is Label.BENIGN)
    assert store.decisions.list(DecisionFilter(reviewer="Lea", action=Action.DECIDE))[0].adjudicates

    lea.go("team?team=Quality&reviewer=Lea").sees("Anna and Ben").sees("Cohen's kappa").sees("0.400 (")
    lea.go("team?team=Flow&reviewer=Lea").sees("Decisions a day")
    lea.go("team?team=Record&reviewer=Lea").click("Check every receipt").sees("The record is sound")


def test_a_group_is_decided_with_one_left_out_and_taken_back_in_one_step(visit, store):
    family = next(
        kin
        for meme in store.memes.find(MemeFilter(split=Split.QUEUE, status=Status.WAITING), 90)
        if len(kin := [m for m in [meme, *store.memes.kin(meme)] if m.split is Split.QUEUE and m.status.open]) > 1
        and not any(m.leased_by for m in kin)  # no other test's tab holds one
    )
    tab = visit(height=2400).go("queue?reviewer=Cleo")
    tab.page.locator(f".st-key-group-{family[0].id} button").click()
    tab.settle().sees(f"Leave out meme {family[1].id}")
    tab.page.locator(f".st-key-veto-{family[1].id} label").first.click()
    tab.settle().page.get_by_role("radiogroup").locator("label", has_text="Benign").click()
    tab.settle().click(f"Decide {len(family) - 1} together").sees("are decided as benign")
    made = store.decisions.list(DecisionFilter(reviewer="Cleo"))
    assert {d.meme_id for d in made} == {m.id for m in family} - {family[1].id}
    assert len({d.bulk for d in made}) == 1
    tab.click("Undo all").sees("wait again")
    assert {store.memes.get(m.id).status for m in family} == {Status.WAITING}
