"""A moderator marks their own reasons, by mouse and by keys alone, and sees them against the model's."""

import uuid

import pytest
from axe_playwright_python.sync_playwright import Axe

from gatedclip.store import DecisionFilter
from gatedclip.types import Label, Marks, Rationale, Role, Status

pytestmark = pytest.mark.browser


@pytest.fixture
def person(store) -> str:
    """Somebody who has marked nothing yet, since marks outlive a tab; here one answer decides."""
    store.settings.put("team: second share", 0.0)
    return store.people.add(f"Marker {uuid.uuid4().hex[:6]}", Role.MODERATOR).name


def marking(visit, person, **window):
    """A tab with the marking open, and its picture."""
    tab = visit(**window).go(f"?reviewer={person}").look().press("m").sees("Drag over what decides")
    picture = tab.page.get_by_role("application", name="Picture to mark")
    picture.wait_for()
    return tab, picture


def drag(tab, picture, left, top, right, bottom):
    """Drags over a part of the picture, in fractions."""
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in ((left, top), (right, bottom))]
    tab.page.mouse.move(*at[0])
    tab.page.mouse.down()
    tab.page.mouse.move(*at[1], steps=4)
    tab.page.mouse.up()
    return tab.settle()


def marks_of(tab, store, meme_id) -> Marks:
    """What was stored for a meme, once it was."""
    assert tab.comes_true(lambda: store.memes.get(meme_id).status is Status.DECIDED)
    return store.decisions.list(DecisionFilter(meme_id=meme_id))[0].marks


def pick(tab, *positions):
    for at in positions:
        tab.page.get_by_role("group", name="Words that decide").get_by_role("button").nth(at).click()
        tab.settle()


def test_a_region_words_and_a_half_are_stored_with_the_decision_and_compared(visit, store, person):
    tab, picture = marking(visit, person)
    meme = store.memes.get(tab.meme_id())
    drag(tab, picture, 0.2, 0.3, 0.7, 0.9).sees("1 region marked.")
    pick(tab, 0, 2, 1, 1)  # the last one was a mistake
    tab.press("t").sees("Marked: 1 region, 2 words, only together")
    tab.look().press("1").sees(f"meme {meme.id}, you: ✖ hateful")

    marks = marks_of(tab, store, meme.id)
    assert marks.regions[0] == pytest.approx((0.2, 0.3, 0.7, 0.9), abs=0.02)
    assert (len(marks.regions), marks.words, marks.rationale) == (1, (0, 2), Rationale.TOGETHER)
    assert marks.said == tuple(meme.text.split()[at] for at in (0, 2))
    tab.next_meme(after=meme.id).sees_not("Marked:").sees("No region marked yet.")

    tab.press("b").sees("Marked reasons against the model's").sees("map lies in the marked area").sees("Half:")
    assert tab.page.locator(".st-key-comparison img").get_attribute("alt") == f"Meme {meme.id}, blurred, with the marked regions"


def test_keys_alone_mark_a_region_and_the_keys_of_the_page_go_on_working(visit, store, person):
    tab, picture = marking(visit, person)
    meme_id = tab.meme_id()
    picture.focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "Shift+ArrowDown", "ArrowUp", "Enter"):
        tab.page.keyboard.press(key)
    tab.sees("1 region marked.")
    tab.settle().press("p").sees("Marked: 1 region, picture alone").look().press("2").sees(f"meme {meme_id}, you: ✔ benign")
    marks = marks_of(tab, store, meme_id)
    assert marks.regions[0] == pytest.approx((0.39, 0.33, 0.69, 0.65))  # a box in the middle, moved and made higher
    assert (marks.words, marks.rationale) == ((), Rationale.PICTURE)


def test_a_decision_in_the_same_breath_still_has_the_marks(visit, store, person):
    tab, _ = marking(visit, person)
    meme_id = tab.look().meme_id()
    tab.page.get_by_role("button", name="Upper left").click()
    tab.page.keyboard.press("1")
    assert marks_of(tab, store, meme_id).regions == ((0.0, 0.0, 0.5, 0.5),)


def test_regions_can_be_taken_back_hidden_and_forgotten(visit, person):
    tab, _ = marking(visit, person)
    for part in ("Upper left", "Lower right"):
        tab.page.get_by_role("button", name=part).click()
        tab.settle()
    tab.sees("2 regions marked.").sees("Marked: 2 regions")
    tab.page.get_by_role("button", name="Take back the last").click()
    tab.sees("Marked: 1 region").settle().press("m").sees_not("Drag over what decides").sees("Marked: 1 region")
    tab.press("m").sees("1 region marked.").click("Forget them").sees("No region marked yet.").sees_not("Marked:")


def test_the_marked_picture_is_blurred_until_revealed_and_keeps_its_regions(visit, person):
    tab, picture = marking(visit, person)
    shown = picture.locator("img")
    drag(tab, picture, 0.1, 0.1, 0.6, 0.6).sees("1 region marked.")
    blurred = shown.get_attribute("src")
    assert blurred.startswith("data:image/jpeg;base64,")
    tab.press("v").sees("Blur the picture")
    assert tab.comes_true(lambda: len(shown.get_attribute("src")) > 1.2 * len(blurred))
    tab.sees("1 region marked.")


def test_right_for_the_wrong_reason_is_found_in_the_history(visit, store, person):
    """One of two labels is the model's, and it cannot go by both halves: of these four decisions one is what is looked for."""
    tab, _ = marking(visit, person)
    meme_id = tab.meme_id()
    for n, (half, label) in enumerate((("p", "1"), ("p", "2"), ("w", "1"), ("w", "2"))):
        tab.press(half).sees("Marked:").look().press(label)
        assert tab.comes_true(lambda made=2 * n + 1: store.decisions.count(DecisionFilter(meme_id=meme_id)) == made)
        tab.sees(f"meme {meme_id}, you:").press("u").sees("is back on the desk")
        tab.sees("Marked:").click("Forget them").sees_not("Marked:")  # an undo brings the marks back
    (wrong, *_) = store.decisions.list(DecisionFilter(meme_id=meme_id, wrong_reason=True))
    assert wrong.reasons.agrees
    assert wrong.marks.rationale is not wrong.reasons.modality
    tab.go("history?wrong-reason=true").select_row(0).sees("⚠ right for the wrong reason").sees("goes by another half")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_marking_has_no_accessibility_violation(visit, person, dark):
    tab, picture = marking(visit, person, dark=dark)
    drag(tab, picture, 0.2, 0.2, 0.6, 0.6)
    pick(tab, 1)
    tab.press("w").sees("Marked: 1 region, 1 word, words alone")
    tab.page.wait_for_timeout(500)
    found = Axe().run(tab.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
    assert found.violations_count == 0, found.generate_report()


def test_marking_fits_a_narrow_window(visit, store, person):
    tab, picture = marking(visit, person, width=420, height=900)
    meme_id = tab.meme_id()
    main = tab.page.locator("[data-testid=stMain]")
    wide, seen = main.evaluate("e => [e.scrollWidth, e.clientWidth]")
    assert wide <= seen
    drag(tab, picture, 0.25, 0.25, 0.75, 0.5).sees("1 region marked.")
    tab.look().press("3")
    assert marks_of(tab, store, meme_id).regions[0] == pytest.approx((0.25, 0.25, 0.75, 0.5), abs=0.03)
    assert store.memes.get(meme_id).label is Label.UNSURE
