"""Who is let in: through the harness's own signed-in user."""

from pathlib import Path

import pytest
from bringing import dataset
from reading import said
from streamlit import config
from streamlit.testing.v1 import AppTest

from gatedclip.config import Settings
from gatedclip.store import DecisionFilter
from gatedclip.types import Action, Label, Role

ROOT = "admin@example.org"


def labels(app) -> list[str]:
    return [button.label for button in app.button]


@pytest.fixture
def door(app, bench, monkeypatch):
    """Comes to the app where people sign in: door(email="…") as the provider tells it, door() without having signed in."""
    monkeypatch.setenv("GATEDCLIP_SIGN_IN", "1")
    monkeypatch.setenv("GATEDCLIP_ADMINS", ROOT)
    bench.import_archive("set.zip", dataset(4))
    bench.store.people.add("mo", Role.MODERATOR, "mo@example.org")

    def come(page: str = "review", **user) -> AppTest:
        at = AppTest.from_file(str(Path(__file__).resolve().parents[2] / "app.py"), default_timeout=120)
        at.user = {"is_logged_in": bool(user), **user}
        at.run()
        return at if page == "review" else at.switch_page(f"pages/{page}.py").run()

    return come


def test_nobody_reviews_before_signing_in(door, bench):
    shown = door()
    assert "Sign in to review." in said(shown)
    assert labels(shown) == ["Sign in"]
    assert bench.meme(1).leased_by == ""


def test_signing_in_where_it_is_not_set_up_says_what_is_missing(door):
    shown = door()
    shown.button[0].click().run()
    assert not shown.exception
    assert "needs an [auth] section" in said(shown)


def test_an_e_mail_that_nobody_let_in_is_told_so(door, bench):
    shown = door(email="eve@example.org")
    assert "eve@example.org has no role here yet" in said(shown)
    assert labels(shown) == ["Sign out"]
    assert "eve@example.org" not in bench.reviewers()


@pytest.mark.parametrize("user", [{"email": "mo@example.org", "email_verified": False}, {"email": "", "name": "mo"}])
def test_an_e_mail_that_was_not_verified_opens_nothing(door, user):
    shown = door(**user)
    assert "no verified e-mail" in said(shown)
    assert labels(shown) == ["Sign out"]


def test_an_admin_of_the_settings_is_let_in_and_lets_others_in(door, bench):
    shown = door("team", email=ROOT, email_verified=True)
    assert "admin" in said(shown)
    shown.text_input(key="new-email").set_value("New@Example.org")
    shown.selectbox(key="new-role").set_value(Role.LEAD)
    next(b for b in shown.button if b.label == "Let them in").click().run()
    assert "new@example.org may sign in now, as lead." in said(shown)
    assert bench.team.welcome("new@example.org").role is Role.LEAD
    shown.selectbox(key="person").set_value("new@example.org").run()
    shown.selectbox(key="role-new@example.org-lead").set_value(Role.RESEARCHER).run()
    assert bench.team.welcome("new@example.org").role is Role.RESEARCHER


def test_a_signed_in_moderator_reviews_under_their_own_name_whatever_the_address_says(door, bench):
    shown = door(email="MO@example.org")
    assert "moderator" in said(shown)
    assert bench.claim("mo").leased_by == "mo"
    assert "reviewer" not in {box.key for box in shown.selectbox}  # there is no name to pick


def test_a_moderator_is_refused_by_the_verb_behind_the_button(door, bench):
    shown = door("team", email="mo@example.org")
    shown.text_input(key="new-email").set_value("new@example.org")
    next(b for b in shown.button if b.label == "Let them in").click().run()
    assert "'mo' is moderator, and this takes one of: admin." in said(shown)
    assert bench.team.welcome("new@example.org") is None


def test_the_history_gives_no_files_to_whom_the_export_is_shut(door, bench):
    bench.decide(bench.claim("mo", 1), Label.HATEFUL, "mo")
    assert [b.label for b in door("history", email="mo@example.org").get("download_button")] == []
    assert len(door("history", email=ROOT).get("download_button")) >= 2
    assert bench.count_events(DecisionFilter(action=Action.DECIDE)) == 1


# --- where the app may be served ----------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost", "::1"])
def test_this_machine_alone_needs_no_sign_in(address):
    assert Settings().barred(address) == ""


@pytest.mark.parametrize("address", ["0.0.0.0", "192.0.2.7", "", None])
def test_others_are_served_only_where_people_sign_in(address):
    why = Settings().barred(address)
    assert all(word in why for word in ("under any name", "127.0.0.1", "GATEDCLIP_SIGN_IN=1", "[auth]", "GATEDCLIP_ADMINS"))
    assert Settings(sign_in=True).barred(address) == ""


def test_an_app_open_to_the_network_without_sign_in_shows_nothing_but_why(app, bench):
    bench.import_archive("set.zip", dataset(2))
    before = config.get_option("server.address")
    config.set_option("server.address", "0.0.0.0")
    try:
        shown = app()
    finally:
        config.set_option("server.address", before)
    assert "This server listens on 0.0.0.0, where anyone on the network could review under any name." in said(shown)
    assert labels(shown) == []
    assert bench.meme(1).leased_by == ""
