"""Signing in with a real OpenID provider on this machine, in a real browser."""

import shutil

import pytest
from visiting import signing_in

from gatedclip.store import Store
from gatedclip.types import Role

pytestmark = pytest.mark.browser

ROOT, EVE = "root@example.org", "eve@example.org"


@pytest.fixture
def server(demo_home, tmp_path):
    with signing_in(shutil.copytree(demo_home, tmp_path / "home"), ROOT, EVE) as running:
        yield running


def test_an_admin_signs_in_lets_somebody_in_and_each_acts_under_their_own_role(come, server):
    assert EVE in come(EVE).sees("has no role here yet").screen()
    root = come(ROOT).sees("Reveal the picture")
    assert root.page.locator("[data-testid=stSidebar]").inner_text().count(ROOT) == 1
    root.look().press("1").sees("you: ✖ hateful")
    root.go("team").open("Let someone in")
    root.page.get_by_label("E-mail").fill(EVE)
    root.click("Let them in").sees(f"{EVE} may sign in now, as moderator.")

    eve = come(EVE).sees("Reveal the picture").go("team?team=Quality").sees("takes one of: lead, admin")
    eve.page.locator("[data-testid=stSidebar]").get_by_role("button", name="Sign out").click()
    eve.page.wait_for_url("**/oauth2/end_session**")
    eve.page.locator("form button, form input[type=submit]").first.click()  # the provider asks once more
    eve.page.wait_for_url(f"{server.url}/**")
    eve.sees("Sign in to review.")
    store = Store.open(f"sqlite:///{server.home}/gatedclip.db")
    assert {person.email: person.role for person in store.people.list()} == {ROOT: Role.ADMIN, EVE: Role.MODERATOR}
    assert store.decisions.last(ROOT).reviewer == ROOT
    store.close()
