"""The researcher's page: filters in the address, a threshold to drag, and memes drawn around on the map."""

import re

import pytest

from gatedclip.store import MemeFilter, Pictures, Store
from gatedclip.types import Split

pytestmark = pytest.mark.browser


def metrics(tab) -> dict[str, str]:
    """The numbers of the confusion by their names."""
    shown = tab.page.locator("[data-testid=stMetric]").all_inner_texts()
    return {lines[0].strip(): lines[-1].strip() for lines in (text.splitlines() for text in shown)}


def drawn(tab):
    """The map's area, once its points are drawn."""
    plot = tab.page.locator(".js-plotly-plot .nsewdrag").first
    plot.wait_for()
    tab.page.wait_for_timeout(1_500)
    return plot


FIRST_POINT = """() => {
    const plot = document.querySelector('.js-plotly-plot'), box = plot.getBoundingClientRect();
    const {xaxis, yaxis} = plot._fullLayout, {x, y} = plot._fullData[0];
    return [box.x + xaxis._offset + xaxis.d2p(x[0]), box.y + yaxis._offset + yaxis.d2p(y[0])];
}"""
"""Where on the page the first point of the map lies."""


def drag(tab, *corners: tuple[float, float]) -> None:
    """Draws over the map with the mouse, through points given as fractions of it."""
    box = drawn(tab).bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    tab.page.mouse.move(*places[0])
    tab.page.mouse.down()
    for place in places[1:]:
        tab.page.mouse.move(*place, steps=10)
    tab.page.mouse.up()
    tab.settle()


def pick(tab, label: str, option: str) -> None:
    tab.page.get_by_role("combobox", name=label).click()
    tab.page.get_by_role("option", name=option, exact=True).click()
    tab.settle()


def test_filters_and_view_live_in_the_address(visit):
    tab = visit().go("gates").sees("2,000 memes, 2,000 labelled").sees("The gate weighs")
    pick(tab, "Memes", "validation")
    tab.choose("View", "Slices").sees("407 memes, ")
    assert "memes=validation" in tab.page.url
    assert "view=Slices" in tab.page.url
    again = visit().go(tab.page.url.split("/", 3)[3]).sees("407 memes, ")
    assert again.page.get_by_role("radio", name="Slices").is_checked()


def test_moving_the_threshold_changes_the_confusion(visit):
    tab = visit().go("gates?view=Quality").sees("Use the cheapest threshold")
    assert tab.comes_true(lambda: "Cleared" in metrics(tab))
    before = metrics(tab)
    assert sum(int(before[name].replace(",", "")) for name in ("Found", "Missed", "False alarms", "Cleared")) == 2000
    handle = tab.page.get_by_role("slider", name="Threshold")
    handle.focus()
    for _ in range(20):
        handle.press("ArrowRight")
    tab.settle()
    assert tab.comes_true(lambda: int(metrics(tab)["Missed"]) > int(before["Missed"]))
    assert int(metrics(tab)["False alarms"]) < int(before["False alarms"])


@pytest.mark.parametrize("tool", ["lasso", "box"])
def test_memes_drawn_around_on_the_map_open_blurred_below_it(visit, server, tool):
    tab, sent = visit(), []
    tab.page.on("response", lambda r: sent.append(r.body()) if r.url.startswith(f"{server.url}/media/") else None)
    tab.go("gates?view=Map").sees("Memes that the head sees alike")
    tab.choose("Pick by", tool)
    corners = ((0.4, 0.45), (0.4, 0.55), (0.5, 0.55), (0.5, 0.45))
    drag(tab, *(corners if tool == "lasso" else corners[::2]))
    tab.sees(re.compile(r"\d+ memes, blurred")).sees(re.compile(r"\d+% hateful, gate 0\.\d\d")).settle()
    alts = [image.get_attribute("alt") for image in tab.page.locator("[class*=st-key-opened-] img").all()]
    assert alts
    assert all(re.fullmatch(r"Meme \d+, blurred", alt) for alt in alts)
    store = Store.open(f"sqlite:///{server.home}/gatedclip.db")
    shown = store.memes.many([int(re.search(r"\d+", alt).group()) for alt in alts])
    assert {meme.split for meme in shown} == {Split.TEST}
    pictures = Pictures(server.home / "pictures")
    assert tab.comes_true(lambda: all(pictures.get(m.picture, "thumb-blurred") in sent for m in shown))
    assert not any(pictures.get(m.picture, v) in sent for m in shown for v in ("thumb", "full"))
    tab.click("Review", role="link").sees("Reveal the picture")
    assert tab.meme_id() == shown[0].id
    store.close()


def test_one_click_on_a_point_opens_its_meme(visit, server):
    tab = visit().go("gates?view=Map&words=alarm").sees("Memes that the head sees alike").choose("Pick by", "click")
    store = Store.open(f"sqlite:///{server.home}/gatedclip.db")
    ids = [m.id for m in store.memes.find(MemeFilter(split=Split.TEST, search="alarm"), 2_000)]
    store.close()
    drawn(tab)
    place = tab.page.evaluate(FIRST_POINT)
    tab.page.mouse.move(*place)
    tab.page.wait_for_timeout(300)
    tab.page.mouse.click(*place)
    tab.settle().sees("1 meme, blurred")
    alt = tab.page.locator("[class*=st-key-opened-] img").first.get_attribute("alt")
    assert int(re.search(r"\d+", alt).group()) in ids
