"""Making heads serve on the models page: refused with numbers, overridden in the open, taken back; and what leads set."""

import pytest
from reading import button, said

from gatedclip.config import TrainConfig
from gatedclip.learn.promotion import Bars
from gatedclip.store import MemeFilter
from gatedclip.team import LOCAL_ROLE
from gatedclip.types import Label, Role, Split

QUICK = TrainConfig(epochs=4, warmup=1, learning_rate=3e-3)


@pytest.fixture
def rivals(teach):
    """A head that serves, and the same once more, which changes nothing."""
    return teach(4, QUICK, rivals=1)


def test_a_refusal_shows_the_numbers_it_compared_and_promotes_nothing(app, rivals):
    shown = button(app("models"), "Promote v2").click().run()
    (refusal,) = rivals.judge(rivals.version(2)).refusals
    assert "v2 may not serve yet: 1 rule refuses it" in said(shown)
    assert f"now {refusal.before:.4g}, with it {refusal.after:.4g}, bound {refusal.bound:.4g}" in said(shown)
    assert refusal.sentence in said(shown)
    assert "✔ AUROC floor" in said(shown)
    assert rivals.champion().id == 1


def test_what_the_rules_say_can_be_seen_without_promoting(app, rivals):
    rivals.choose_bars(Bars(), "lea")
    rivals.store.settings.put("promotion: seed noise", {"deviation": 0.0})
    shown = app("models")
    assert "may not serve" not in said(shown)
    assert "may not serve" in said(button(shown, "What the rules say").click().run())
    assert len(rivals.promotions()) == 1


def test_past_a_refusal_leads_only_a_reason_which_stays_on_record(app, rivals):
    shown = button(app("models"), "Promote v2").click().run()
    button(shown, "Promote all the same").click().run()
    assert "needs a reason" in said(shown)
    assert rivals.champion().id == 1
    shown.text_input(key="reason-2").set_value("the old file <b>is</b> damaged")
    button(shown, "Promote all the same").click().run()
    assert "v2 serves now" in said(shown)
    assert rivals.champion().id == 2
    record = shown.dataframe[1].value
    assert list(record["what"]) == ["⚠ promoted all the same", "promoted"]
    assert record["reason"][0] == "the old file <b>is</b> damaged"
    assert list(record["although"]) == ["seed noise", ""]


def test_a_better_head_is_promoted_at_once_and_rolled_back(app, rivals):
    rivals.choose_bars(Bars(0, 0, 1, 1, 1, 0, 1, {}, 0, 0), "lea")
    rivals.retrain(TrainConfig(head="words", epochs=1, warmup=0), "ben")
    rivals.promote(3, "lea", "to have a worse one", override=True)
    rivals.store.settings.put("promotion: seed noise", {"deviation": 0.0})
    rivals.retrain(QUICK, "ben")
    assert rivals.judge(rivals.version(4)).fit
    shown = button(app("models"), "Promote v4").click().run()
    assert "v4 serves now" in said(shown)
    assert "may not serve" not in said(shown)
    button(shown, "Roll back").click().run()
    assert "v3 serves again" in said(shown)
    assert rivals.champion().id == 3


def test_a_moderator_sees_the_rules_and_can_change_none_of_it(app, rivals):
    rivals.team.choose(LOCAL_ROLE, Role.MODERATOR.value, "lea")
    shown = app("models")
    assert button(shown, "Promote v2").disabled
    assert button(shown, "Roll back").disabled
    button(shown, "What the rules say").click().run()
    assert "may not serve yet" in said(shown)
    labels = {b.label for b in shown.button}
    assert not {"Promote all the same", "Save the bars", "Save these memes"} & labels
    assert "AUROC at least 0.6" in " ".join(said(shown).replace("</dt><dd>", " ").split())


def test_what_would_change_is_told_in_two_sentences(app, rivals):
    shown = button(app("models"), "What would change").click().run()
    assert "Nobody has decided a meme yet" in said(shown)
    assert "Of 4 waiting memes it flags" in said(shown)
    rivals.decide(rivals.claim("anna"), Label.HATEFUL, "anna")
    shown = button(app("models"), "What would change").click().run()
    assert "Of the last 1 decided memes 0 change sides" in said(shown)


def test_leads_set_the_bars_and_the_memes_that_must_be_right(app, rivals):
    shown = app("models")
    shown.number_input(key="bar-auroc").set_value(0.7)
    button(shown, "Save the bars").click().run()
    assert rivals.bars() == Bars(auroc=0.7)
    (first, second) = [m.id for m in rivals.memes(MemeFilter(split=Split.QUEUE), 2)]
    shown.text_input(key="must-pass-ids").set_value(f"{second}, x")
    button(shown, "Save these memes").click().run()
    assert "'x' is not a meme's number" in said(shown)
    shown.text_input(key="must-pass-ids").set_value(f"{second}, {first}")
    button(shown, "Save these memes").click().run()
    assert rivals.must_pass() == [first, second]


def test_a_look_at_the_sealed_gold_is_counted(app, teach):
    taught = teach(12, QUICK)
    for n, meme_id in enumerate(taught.draw_gold(12, "lea")):
        for person in ("anna", "ben"):
            taught.decide(taught.claim(person, meme_id), Label.HATEFUL if n % 2 else Label.BENIGN, person)
    sealed = len(taught.freeze_gold("lea", sealed=0.7).reserve.entries)
    shown = app("models")
    assert f"Sealed: {sealed} memes. Looks taken: 0." in said(shown)
    button(shown, "Take look 1, at v1").click().run()
    assert "The look is on record" in said(shown)
    (look,) = taught.looks()
    assert (look.number, look.version_id, look.by) == (1, 1, "guest")
    assert "Take look 2, at v1" in [b.label for b in shown.button]


def test_the_version_card_can_be_taken_along(app, rivals):
    labels = {b.proto.label for b in app("models").get("download_button")}
    assert {"Version card (HTML)", "Version card (Markdown)"} <= labels


def test_corrections_at_once_are_told_switched_off_and_on_again(app, teach):
    taught = teach(4, QUICK)
    taught.decide(taught.claim("anna"), Label.HATEFUL, "anna")
    shown = app("models")
    assert "remembers 1 decided meme" in " ".join(said(shown).replace("</dt><dd>", " ").split())
    assert "until enough is decided to choose by" in said(shown)
    shown.toggle(key="memory-on").set_value(False).run()
    assert "The head speaks alone from now on." in said(shown)
    assert "switched off" in said(shown)
    assert not taught.remembers().on
    assert button(shown, "Choose anew").disabled
    shown.toggle(key="memory-on").set_value(True).run()
    assert taught.remembers().on
    button(shown, "Choose anew").click().run()
    assert "Decided memes that v1 has not learned from: 1." in said(shown)


def test_a_moderator_cannot_switch_corrections_off(app, rivals):
    rivals.team.choose(LOCAL_ROLE, Role.MODERATOR.value, "lea")
    shown = app("models")
    assert shown.toggle(key="memory-on").disabled
    assert button(shown, "Choose anew").disabled


def test_a_damaged_head_remembers_nothing_and_the_page_goes_on(app, rivals):
    rivals.decide(rivals.claim("anna"), Label.HATEFUL, "anna")
    (rivals.settings.versions / rivals.champion().folder / "head.safetensors").write_bytes(b"cut short")
    shown = app("models")
    assert not shown.exception
    assert "is damaged" in said(shown)
    assert not [toggle for toggle in shown.toggle if toggle.key == "memory-on"]
