"""The model's view in a real browser: nothing that arrives later may disturb the person who is already working."""

import json
import re

import pytest
from PIL import Image

pytestmark = pytest.mark.browser

BADGE = ".gc-solid, .gc-shaky, .gc-unstable"
WAIT = 90_000  # ms: for what is made in the background on a busy machine


def uncovered(visit, **how):
    return visit(**how).go("").look().press("e").sees("Gate balance")


def test_the_precise_map_replaces_the_quick_one_while_a_note_is_written(visit):
    tab = visit().go("").look()
    note = tab.page.get_by_label("Note")
    tab.page.keyboard.press("e")
    tab.page.get_by_text("Gate balance").wait_for()
    note.click()
    tab.page.keyboard.type("half a thought, ")
    tab.page.get_by_text(re.compile("Method: integrated gradients")).wait_for(timeout=WAIT)
    tab.page.locator(BADGE).first.wait_for(timeout=WAIT)
    tab.page.keyboard.type("and its other half")
    assert note.input_value() == "half a thought, and its other half"
    assert note.evaluate("e => e === document.activeElement")


def test_the_page_stays_where_it_was_scrolled_to(visit):
    tab = uncovered(visit, height=500)
    main = tab.page.locator("[data-testid=stMain]")
    tab.page.get_by_text("Attribution method").scroll_into_view_if_needed()
    before = main.evaluate("e => e.scrollTop")
    assert before > 0
    tab.page.locator(BADGE).first.wait_for(timeout=WAIT)
    assert main.evaluate("e => e.scrollTop") == before


def test_the_picture_is_never_gone_while_maps_change(visit):
    tab = visit().go("").look()
    tab.page.evaluate(
        """() => { window.gone = 0; const look = () => {
            if (!document.querySelector(".st-key-picture img")) window.gone++; requestAnimationFrame(look) }; look() }"""
    )
    tab.press("e").page.locator(BADGE).first.wait_for(timeout=WAIT)
    assert tab.page.evaluate("window.gone") == 0


def test_the_picture_beside_its_heat_and_no_heat_at_all(visit):
    tab = uncovered(visit)
    tab.page.locator(BADGE).first.wait_for(timeout=WAIT)
    pictures = tab.page.locator(".st-key-picture img")
    assert pictures.count() == 1
    tab.choose("Heat", "Side by side")
    pictures.nth(1).wait_for()
    alts = [pictures.nth(n).get_attribute("alt") for n in (0, 1)]
    assert alts[1] == f"{alts[0]}, with heat"
    assert pictures.nth(0).get_attribute("src") != pictures.nth(1).get_attribute("src")
    slider = tab.page.get_by_role("slider", name="Strength")
    slider.focus()
    tab.page.keyboard.press("Home")
    assert tab.comes_true(lambda: pictures.nth(0).get_attribute("src") == pictures.nth(1).get_attribute("src"))


def test_the_what_if_shows_its_figure(visit):
    tab = uncovered(visit).open("Picture, words, or only together")
    tab.page.get_by_text("What if the gate stood elsewhere?").click()
    tab.page.locator(".js-plotly-plot").first.wait_for()


def test_an_explanation_can_be_taken_away(visit, tmp_path):
    tab = uncovered(visit)
    tab.page.locator(BADGE).first.wait_for(timeout=WAIT)
    with tab.page.expect_download() as download:
        tab.page.get_by_role("button", name="Explanation (JSON)").click()
    found = json.loads(download.value.path().read_text())
    assert found["method"] == "integrated gradients"
    assert found["meme_id"] == tab.meme_id()
    assert found["trust"]["badge"] in ("solid", "shaky", "unstable")
    assert " ".join(word["text"] for word in found["words"]) == found["text"]
    with tab.page.expect_download() as download:
        tab.page.get_by_role("button", name="Heat (PNG)").click()
    picture = Image.open(download.value.path())
    assert (picture.format, min(picture.size) > 100) == ("PNG", True)
