"""Signing in with a real OpenID provider on this machine, in a real browser."""

import shutil

import pytest
from oidc_provider_mock import User, run_server_in_thread
from visiting import Server, Visit

from gatedclip.store import Store
from gatedclip.types import Role

pytestmark = pytest.mark.browser

ROOT, EVE = "root@example.org", "eve@example.org"
SECRETS = """
[auth]
redirect_uri = "{app}/oauth2callback"
cookie_secret = "only-for-this-test-0123456789abcdef"
client_id = "workbench"
client_secret = "only for this test"
server_metadata_url = "{provider}/.well-known/openid-configuration"
"""


@pytest.fixture
def provider():
    """Two people with verified e-mails, who sign in with one click."""
    people = [User(sub=email, claims={"email": email, "email_verified": True}) for email in (ROOT, EVE)]
    with run_server_in_thread(user_claims=people) as running:
        yield f"http://127.0.0.1:{running.server_port}"


@pytest.fixture
def server(provider, demo_home, tmp_path):
    home = shutil.copytree(demo_home, tmp_path / "home")
    running = Server(home, settings={"GATEDCLIP_SIGN_IN": "1", "GATEDCLIP_ADMINS": ROOT})
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(SECRETS.format(app=running.url, provider=provider))
    running.options = ("--secrets.files", str(secrets))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def come(browser, server):
    """Comes to the app and signs in as somebody; each in a browser of their own."""
    contexts = []

    def sign_in(email: str) -> Visit:
        contexts.append(browser.new_context(viewport={"width": 1280, "height": 1400}, base_url=server.url))
        tab = Visit(contexts[-1].new_page()).go("")
        tab.page.set_default_timeout(30_000)
        tab.sees("Sign in to review.").page.get_by_role("button", name="Sign in").click()
        tab.page.get_by_role("button", name=email).click()
        tab.page.wait_for_url(f"{server.url}/**")
        return tab.settle()

    yield sign_in
    for context in contexts:
        context.close()


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
