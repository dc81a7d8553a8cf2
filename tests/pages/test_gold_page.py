"""Gold and floors on the models page: drawn, judged by two, frozen with reasons, given back; single slices with a floor."""

import pytest
from reading import button, said

from gatedclip.config import TrainConfig
from gatedclip.errors import ConfigError, NotAllowed, NotFound
from gatedclip.learn.promotion import Bars
from gatedclip.store import MemeFilter
from gatedclip.team import LOCAL_ROLE
from gatedclip.types import Label, Role, Split

QUICK = TrainConfig(epochs=2, warmup=1, learning_rate=3e-3, gate_hold=0)
HOSTILE = "![x](http://198.51.100.7/x.png) <b>**bold**</b>"


def facts(app) -> str:
    return " ".join(said(app).replace("</dt><dd>", " ").split())


@pytest.fixture
def taught(teach):
    return teach(12, QUICK)


def answer(bench, meme_id, *labels) -> None:
    for person, label in zip(("anna", "ben"), labels, strict=False):
        bench.decide(bench.claim(person, meme_id), label, person)


def test_memes_are_drawn_judged_and_frozen_and_the_unfit_are_told_with_the_reason(app, taught):
    shown = app("models")
    assert "No draw is open." in said(shown)
    assert "Freeze what is settled" not in [b.label for b in shown.button]
    shown.number_input(key="draw-n").set_value(3)
    button(shown, "Draw").click().run()
    assert "3 memes drawn; each asks for two people." in said(shown)
    settled, differing, waiting = taught.store.settings.get("gold: drawn")
    answer(taught, settled, Label.HATEFUL, Label.HATEFUL)
    answer(taught, differing, Label.HATEFUL, Label.BENIGN)
    answer(taught, waiting, Label.BENIGN)
    shown = app("models")
    assert "drawn</dt><dd>3" in said(shown)
    assert "judged by two people 2" in facts(shown)
    assert "of them without a label yet 1, a lead settles them" in facts(shown)
    assert "still waiting for answers 1" in facts(shown)
    shown.number_input(key="sealed-share").set_value(0)
    button(shown, "Freeze what is settled").click().run()
    assert "Frozen: the gold has 1 meme now. Newly sealed: 0 memes." in said(shown)
    why = f"Meme {differing} is not settled: people said 1 hateful, 1 benign. A lead decides it."
    assert f"{differing}</dt><dd>{why}" in said(shown)
    assert f"{waiting}</dt><dd>Meme {waiting} has 1 of 2 answers" in said(shown)
    assert "No draw is open." in said(shown)
    assert [meme.id for meme in taught.memes(MemeFilter(split=Split.GOLD))] == [settled]


def test_what_is_not_fit_at_all_freezes_nothing_and_says_why(app, taught):
    taught.draw_gold(2, "lea")
    shown = button(app("models"), "Freeze what is settled").click().run()
    assert "No meme is fit to be gold." in said(shown)
    assert taught.open_draw().drawn == 2


def test_a_draw_says_where_fewer_wait_and_can_be_given_back(app, taught):
    shown = app("models")
    shown.number_input(key="draw-n").set_value(50)
    button(shown, "Draw").click().run()
    assert "12 memes drawn; each asks for two people. No more than 12 wait" in said(shown)
    button(shown, "Draw").click().run()
    assert "No meme waits that was not drawn yet." in said(shown)
    answer(taught, 112, Label.HATEFUL, Label.HATEFUL)
    assert taught.lesson(QUICK).decisions == 0
    button(shown, "Give the draw back").click().run()
    assert "12 memes given back to the queue." in said(shown)
    assert "No draw is open." in said(shown)
    assert taught.lesson(QUICK).decisions == 1


def test_a_moderator_sees_how_far_the_draw_is_and_changes_nothing(app, taught):
    taught.draw_gold(4, "lea")
    taught.team.choose(LOCAL_ROLE, Role.MODERATOR.value, "lea")
    shown = app("models")
    assert "drawn 4" in facts(shown)
    assert not {"Draw", "Freeze what is settled", "Give the draw back"} & {b.label for b in shown.button}


def test_a_slice_gets_a_floor_of_its_own_which_everyone_sees_and_which_can_be_removed(app, taught):
    (name,) = taught.slices()
    shown = app("models")
    assert button(shown, "Remove it").disabled
    shown.number_input(key="floor-0-0.5").set_value(0.75)
    button(shown, "Save this floor").click().run()
    assert taught.bars() == Bars(slices={name: 0.75})
    assert f"On {name} the AUROC has to reach 0.75 from now on." in said(shown)
    shown.number_input(key="bar-auroc").set_value(0.7)
    button(shown, "Save the bars").click().run()
    assert taught.bars() == Bars(auroc=0.7, slices={name: 0.75})
    taught.team.choose(LOCAL_ROLE, Role.MODERATOR.value, "lea")
    assert f"{name} AUROC reaches 0.75" in facts(app("models"))
    taught.team.choose(LOCAL_ROLE, Role.LEAD.value, "lea")
    button(app("models"), "Remove it").click().run()
    assert taught.bars() == Bars(auroc=0.7)


def test_names_of_slices_are_only_words_and_one_that_is_gone_can_still_be_removed(app, taught):
    taught.choose_bars(Bars(slices={HOSTILE: 0.5}), "lea")
    shown = app("models")
    assert f"{HOSTILE} AUROC reaches 0.5" in facts(shown)
    assert "![x](" not in " ".join(shown.selectbox(key="floor-slice").options)
    shown.selectbox(key="floor-slice").set_value(HOSTILE).run()
    button(shown, "Remove it").click().run()
    assert taught.bars() == Bars()


def test_what_is_no_floor_or_no_slice_is_refused_and_so_is_who_may_not(taught):
    (name,) = taught.slices()
    with pytest.raises(ConfigError, match=r"is 1\.5; every bar of a promotion lies between 0 and 1"):
        taught.choose_floor(name, 1.5, "lea")
    with pytest.raises(NotFound, match=f"There is no slice 'none'. There are: {name}."):
        taught.choose_floor("none", 0.5, "lea")
    taught.team.choose(LOCAL_ROLE, Role.MODERATOR.value, "lea")
    for act in (
        lambda: taught.choose_floor(name, 0.5, "anna"),
        lambda: taught.give_back_draw("anna"),
        lambda: taught.start_seed_noise("anna"),
        lambda: taught.start_reviewers(taught.champion(), "anna"),
        lambda: taught.reviewers_measured(taught.champion(), "anna"),
        lambda: taught.reviewer_held_out(QUICK, "anna"),
        lambda: taught.start_reproduction(taught.champion(), "anna"),
    ):
        with pytest.raises(NotAllowed, match="Ask an admin"):
            act()
