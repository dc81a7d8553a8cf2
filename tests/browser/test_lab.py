"""The lab under a person's hands: live editing beside the original, pins, swaps, and a contrast pair that is kept."""

import re

import pytest

from gatedclip.store import DecisionFilter, MemeFilter
from gatedclip.types import Label, Split

pytestmark = pytest.mark.browser


@pytest.fixture
def benign(store):
    """A base meme in which nothing is mean."""
    known = MemeFilter(split=Split.TRAIN, given=Label.BENIGN)
    return next(m for m in store.memes.find(known, 2_000) if m.truth == "neither")


def box(tab):
    return tab.page.get_by_role("textbox", name="Words of the variant")


def edit(tab, text):
    box(tab).fill(text)
    box(tab).press("Enter")
    return tab.settle()


def likely(tab, side: str) -> int:
    return int(re.search(r"(\d+)% likely hateful", tab.page.locator(f".st-key-lab-{side}").inner_text()).group(1))


def hateful_words(store):
    known = MemeFilter(split=Split.TRAIN, given=Label.HATEFUL)
    return next(m.text for m in store.memes.find(known, 2_000) if m.truth == "words")


def test_edited_words_change_the_verdict_beside_the_original_and_the_pair_is_kept(visit, store, benign):
    tab = visit().go(f"lab?meme={benign.id}").sees("Original")
    before = likely(tab, "original")
    assert likely(tab, "variant") == before < 50

    # live: leaving the box is enough, and the original stays as it is
    edit(tab, hateful_words(store)).sees("turns hateful")
    assert likely(tab, "original") == before
    assert likely(tab, "variant") > 50
    tab.sees("Editing the words does not redraw the picture")

    # pinned beside it
    tab.click("Pin this variant").sees("Pinned variants")
    tab.click("Back to the original").sees_not("turns hateful")
    assert likely(tab, "variant") == before
    tab.page.locator(".st-key-lab-pins").get_by_role("button", name="Try", exact=True).click()
    tab.settle().sees("turns hateful")

    # kept, decided, and in the history with its family
    tab.click("Keep it as hateful").sees("in one family with meme")
    ((made, meme),) = [(d, store.memes.get(d.meme_id)) for d in store.decisions.list(DecisionFilter())]
    assert (made.label, meme.family, meme.split) == (Label.HATEFUL, store.memes.get(benign.id).family, Split.QUEUE)
    tab.click("See it in the history", role="link").sees("events, newest first")
    tab.select_row(0).sees("now: ✖ hateful").click("Undo this event").sees("Undone.")
    assert store.memes.get(meme.id).label is None


def test_a_swap_that_turns_the_verdict_can_be_tried(visit, benign):
    tab = visit().go(f"lab?meme={benign.id}").sees("Other pictures, with these words")
    tab.choose("Swaps", "nearest that turn the verdict").sees("turns the verdict")
    tab.page.locator(".st-key-lab-by-words").get_by_role("button", name="Try", exact=True).first.click()
    tab.settle().sees("turns hateful")
    assert box(tab).input_value() != benign.text


def test_every_picture_is_blurred_until_the_reveal(visit, benign):
    tab = visit().go(f"lab?meme={benign.id}").sees("Other pictures, with these words")
    tab.page.locator(".st-key-lab-by-words").get_by_role("button", name="Try", exact=True).nth(5).wait_for()  # drawn last
    pictures = tab.page.locator("[data-testid=stMain] img")
    assert tab.comes_true(lambda: pictures.count() > 5)
    assert [alt for alt in pictures.evaluate_all("all => all.map(e => e.alt)") if "blurred" not in alt] == []
    tab.press("v").sees("Blur the pictures")
    tab.page.get_by_alt_text("shown clear").first.wait_for()


def test_similar_memes_lead_from_one_meme_to_the_next(visit, benign):
    tab = visit().go(f"lab?meme={benign.id}").choose("Look at", "Similar memes").sees("similarity")
    tab.page.locator(".st-key-lab-similar").get_by_role("link", name="Try it").first.click()
    tab.settle()
    assert tab.comes_true(lambda: f"meme={benign.id}" not in tab.page.url)
    assert box(tab).input_value() != benign.text
