"""The review desk under impatient fingers, several people, and hostile words."""

import pytest

from gatedclip.store import DecisionFilter, Pictures
from gatedclip.types import Label

pytestmark = pytest.mark.browser

HOSTILE = '<img src=x onerror="document.title=1"> ![x](http://198.51.100.7/beacon.png) <style>*{display:none}</style> [link](http://198.51.100.7)'


def test_a_double_press_labels_one_meme(visit, store):
    tab = visit().go("").look()
    for pause in (0, 60, 250, 500):
        before, first = store.decisions.count(DecisionFilter()), tab.meme_id()
        tab.page.keyboard.press("2")
        tab.page.wait_for_timeout(pause)
        tab.page.keyboard.press("2")
        tab.next_meme(after=first)
        assert store.decisions.count(DecisionFilter()) == before + 1, pause


def test_keys_are_dead_while_a_note_is_typed(visit, store):
    tab = visit().go("").look()
    before = store.decisions.count(DecisionFilter())
    tab.page.get_by_label("Note").click()
    tab.page.keyboard.type("1 2 3 s u v e")
    tab.settle()
    assert store.decisions.count(DecisionFilter()) == before
    assert tab.page.get_by_label("Note").input_value() == "1 2 3 s u v e"


def test_two_people_never_see_the_same_meme_and_a_reload_keeps_ones_own(visit):
    anna, ben = visit().go("").name("Anna"), visit().go("").name("Ben")
    assert anna.meme_id() != ben.meme_id()
    hers = anna.meme_id()
    anna.page.reload()
    assert anna.settle().sees("Reveal the picture").meme_id() == hers
    assert "reviewer=Anna" in anna.page.url


def test_the_clear_picture_is_not_sent_before_the_reveal(visit, server, store):
    tab, sent = visit(), []
    tab.page.on("response", lambda r: sent.append(r.body()) if r.url.startswith(f"{server.url}/media/") else None)
    tab.go("")
    meme = store.memes.get(tab.meme_id())
    clear, blurred = (Pictures(server.home / "pictures").get(meme.picture, v) for v in ("full", "blurred"))
    assert tab.comes_true(lambda: blurred in sent)
    assert clear not in sent
    tab.press("v").sees("Blur the picture")
    assert tab.comes_true(lambda: clear in sent)


def test_hostile_words_are_only_words_on_every_screen(visit, store):
    """No request leaves (the visit itself checks), nothing is restyled, no script runs."""
    meme = store.decisions.claim("guest")
    store.memes.edit_text(meme.id, HOSTILE, "guest")
    tab = visit().go("")
    assert tab.words() == HOSTILE
    tab.click("Show the model's view").sees("Gate balance")
    tab.page.get_by_label("Note").fill(HOSTILE)
    tab.leave_the_box().look().press("1").sees("you: ✖ hateful").press("b").sees("you said: ✖ hateful").press("n")
    for page in ("queue?show=decided", "history", "models", "retrain"):
        tab.go(page).page.wait_for_timeout(300)
        assert tab.page.title() != "1"
        assert tab.page.locator("[data-testid=stMain] a[href*='198.51.100.7'], img[src='x']").count() == 0
        assert tab.page.locator("[data-testid=stSidebar]").is_visible()


def test_skipping_brings_another_meme(visit):
    tab = visit().go("").look()
    first = tab.meme_id()
    tab.press("s").next_meme(after=first)
    assert tab.meme_id() != first


def test_undo_with_nothing_to_undo_says_so(visit):
    tab = visit().go("").name("Nobody yet").press("u").sees("There is nothing to undo.")
    assert tab.words()


def test_decisions_are_stored_with_who_and_whether_they_were_assisted(visit, store):
    tab = visit().go("").name("Carla").look().press("3").sees("you: ? unsure")
    tab.press("e").sees("Gate balance").look().press("2").sees("you: ✔ benign")
    assisted, blind = store.decisions.list(DecisionFilter(reviewer="Carla"))
    assert (blind.label, blind.assisted, blind.revealed) == (Label.UNSURE, False, False)
    assert (assisted.label, assisted.assisted) == (Label.BENIGN, True)
