"""The review desk under impatient fingers, several people, and hostile words."""

from functools import partial

import pytest
from visiting import HOSTILE

from gatedclip.config import Settings
from gatedclip.store import DecisionFilter, MemeFilter, Pictures
from gatedclip.team import Team
from gatedclip.types import Facet, Label, Policy, Preferences, QueueRule, Split, Status
from gatedclip.ui.protection import TICK

pytestmark = pytest.mark.browser


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


def test_words_first_and_grey_send_no_picture_unasked_and_never_a_coloured_one(visit, server, store):
    chooser = visit().go("").name("Grey").click("How memes are shown")
    for wish in ("Grey, also when revealed", "Words first"):
        chooser.page.get_by_text(wish).click()
    chooser.page.get_by_role("button", name="Keep").click()
    chooser.sees("Memes are shown like this to you only.")
    assert store.people.find("Grey").preferences == Preferences(greyscale=True, text_first=True)
    tab, sent = visit(), []
    tab.page.on("response", lambda r: sent.append(r.body()) if r.url.startswith(f"{server.url}/media/") else None)
    tab.go("?reviewer=Grey").sees("Show the picture, blurred")
    (row,) = [m for m in store.memes.find(MemeFilter(split=Split.QUEUE), 200) if m.leased_by == "Grey"]
    of = partial(Pictures(server.home / "pictures").get, row.picture)
    assert not [body for body in sent if body.startswith(b"\xff\xd8")]  # no JPEG
    tab.press("v").sees("Reveal the picture")
    assert tab.comes_true(lambda: of("blurred-grey") in sent)
    tab.press("v").sees("Blur the picture")
    assert tab.comes_true(lambda: of("full-grey") in sent)
    tab.press("e").sees("Gate balance")  # heat is laid on what may be seen
    assert not {of("full"), of("blurred")} & set(sent)


def test_what_was_typed_survives_a_reload_in_the_midst_of_it(visit):
    tab = visit().go("").name("Drafty").look()
    mine = tab.meme_id()
    tab.page.get_by_label("Note").click()
    tab.page.keyboard.type("half a thought")
    tab.settle().page.wait_for_timeout(1_000)  # still in the box
    tab.page.reload()
    tab.settle().look()
    assert tab.meme_id() == mine
    assert tab.comes_true(lambda: tab.page.get_by_label("Note").input_value() == "half a thought")


def test_what_is_seen_unblurred_is_counted_also_when_the_page_is_left(visit, store):
    tab = visit().go("").name("Exposed").look()
    tab.press("v").sees("Seen unblurred today (UTC): 1 picture")
    tab.press("v").press("v").sees("Seen unblurred today (UTC): 2 pictures")
    tab.page.get_by_role("link", name="Queue").click()
    tab.sees("Bring memes").page.wait_for_timeout(1_000)
    (today,) = store.exposures.days("Exposed", 1)
    tab.page.get_by_role("link", name="Review").first.click()
    tab.sees("Reveal the picture").look()  # covered again
    assert store.exposures.days("Exposed", 1) == [today]
    assert (today.reveals, today.seconds > 0) == (2, True)


def test_what_one_cannot_tell_goes_to_a_lead_who_sees_why_and_settles_it(visit, store):
    tab = visit().go("").name("Unsure").look()
    asked = tab.meme_id()
    tab.page.get_by_label("Note").fill("needs somebody who reads Danish")
    tab.leave_the_box().look().press("g").sees(f"Meme {asked} waits for a lead now.")
    lead = visit().go("").name("Lea").go(f"?reviewer=Lea&meme={asked}").look()
    lead.sees("your decision settles it").sees("needs somebody who reads Danish").press("2").next_meme(after=asked)
    assert (store.memes.get(asked).status, store.memes.get(asked).label) == (Status.DECIDED, Label.BENIGN)


def test_a_required_answer_stops_the_key_and_then_lets_it_pass(visit, store):
    facet = Facet(
        "why", "Why? ![x](http://198.51.100.7/beacon.png)", ("**bold**", ":material/home:", "www.example.org"), required=True
    )
    old = store.policies.current()
    store.policies.add(Policy("Judge by this.", (facet,)), "lea")
    try:
        tab = visit().go("").name("Strict").look()
        asked = tab.meme_id()
        tab.press("1").sees("The policy asks for Why?")
        assert tab.meme_id() == asked
        assert tab.page.locator("[data-testid=stMain] strong, [data-testid=stMain] a[href*=example]").count() == 0
        tab.page.get_by_role("button", name="**bold**").click()
        tab.settle().leave_the_box().press("1").next_meme(after=asked)
        (made,) = store.decisions.list(DecisionFilter(reviewer="Strict"))
        assert made.tags == {"why": ["**bold**"]}
        second = tab.meme_id()
        tab.press("2").next_meme(after=second)  # asks for nothing: one key
    finally:
        store.policies.add(old, "lea")


def test_hostile_words_are_only_words_on_every_screen(visit, store):
    """No request leaves (the visit itself checks), nothing is restyled, no script runs."""
    meme = store.queue.claim("guest")
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


def test_a_named_queue_gives_only_its_memes(visit, server, store):
    """Opened by its address, and chosen on the page."""
    theme = next(m.theme for m in store.memes.find(MemeFilter(split=Split.QUEUE, status=Status.WAITING), 90) if not m.leased_by)
    team = Team(Settings(home=server.home), store)
    team.write_rules([QueueRule("one theme", theme=theme), QueueRule("nothing", source="nowhere")], "lea")
    try:
        tab = visit().go("?reviewer=Quentin&queue=one theme").look()
        for _ in range(2):
            held = store.memes.get(tab.meme_id())
            assert (held.theme, held.leased_by) == (theme, "Quentin")
            if store.queue.count(team.rule("one theme")) == 1:
                break
            tab.press("2").next_meme(after=held.id)
        box = tab.page.get_by_role("combobox", name="Queue")
        box.click()
        tab.page.get_by_role("option", name="nothing").click()
        tab.settle().sees("Nothing waits for you.")
        assert "queue=nothing" in tab.page.url
        assert store.memes.get(held.id).leased_by == ""  # what lay there is given back to the others
    finally:
        team.write_rules([], "lea")


def test_what_was_clear_when_the_tab_was_closed_stays_on_record(visit, store):
    tab = visit().go("").name("Gone").look()
    tab.press("v").sees("Seen unblurred today (UTC): 1 picture")
    tab.page.wait_for_timeout(1000 * TICK)
    assert tab.comes_true(lambda: store.exposures.days("Gone", 1)[0].seconds >= TICK)
    tab.page.goto("about:blank")
    (today,) = store.exposures.days("Gone", 1)
    assert (today.reveals, today.seconds >= TICK) == (1, True)
