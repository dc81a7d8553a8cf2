"""Every screen by itself: opened first on a cold server, narrow and dark, and checked for accessibility."""

import shutil

import pytest
from axe_playwright_python.sync_playwright import Axe
from visiting import Server, Visit

pytestmark = pytest.mark.browser

SCREENS = {
    "": "Review",
    "queue": "Queue",
    "history": "History",
    "gates": "Gates",
    "lab": "Lab",
    "retrain": "Retrain",
    "models": "Models",
    "team": "Team",
}


@pytest.mark.parametrize("path", [path for path in SCREENS if path])
def test_a_deep_link_to_a_cold_server_has_its_frame(browser, demo_home, tmp_path, path):
    home = tmp_path / "home"
    shutil.copytree(demo_home, home)
    cold = Server(home)
    cold.start()
    try:
        context = browser.new_context(base_url=cold.url, viewport={"width": 1280, "height": 900})
        tab = Visit(context.new_page()).go(path)
        tab.page.get_by_role("heading", name=SCREENS[path], level=1).wait_for()
        tab.sees("Reviewer").sees("small CLIP of MemeWorld")
        context.close()
    finally:
        cold.stop()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("path", SCREENS)
def test_no_accessibility_violation(visit, path, dark):
    tab = visit(dark=dark).go(path)
    tab.page.get_by_role("heading", name=SCREENS[path], level=1).wait_for()
    if not path:
        tab.click("Show the model's view").sees("Gate balance")
    tab.page.wait_for_timeout(500)
    found = Axe().run(tab.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("path", SCREENS)
def test_a_narrow_window_never_scrolls_sideways(visit, path):
    tab = visit(width=420, height=900).go(path)
    tab.page.get_by_role("heading", name=SCREENS[path], level=1).wait_for()
    main = tab.page.locator("[data-testid=stMain]")
    wide, seen = main.evaluate("e => [e.scrollWidth, e.clientWidth]")
    assert wide <= seen


def test_filters_live_in_the_address(visit):
    tab = visit().go("queue")
    tab.choose("Show", "all")
    assert "show=all" in tab.page.url
    tab.go("queue?show=decided&order=newest")
    assert tab.page.get_by_role("radio", name="decided").is_checked()
