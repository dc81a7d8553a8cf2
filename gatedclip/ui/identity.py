"""Who is at this tab: a name anyone picks, on this machine only; or, where people sign in, whoever is behind an e-mail."""

from __future__ import annotations

import streamlit as st

from gatedclip.ui import parts, session
from gatedclip.workbench import Workbench

FIRST_NAME = "guest"


def enter(bench: Workbench) -> bool:
    """Whether somebody may use this tab; otherwise it says what to do."""
    if why := bench.settings.barred(st.get_option("server.address")):
        parts.problem(why)
        return False
    return _signed_in(bench) if bench.settings.sign_in else True


def _signed_in(bench: Workbench) -> bool:
    if not getattr(st.user, "is_logged_in", False):
        parts.empty("Sign in to review.", "Your decisions stand beside your name, and your role says what you may do.")
        st.button("Sign in", icon=":material/login:", type="primary", on_click=_sign_in)
        return False
    email = str(st.user.get("email") or "")
    if not email or st.user.get("email_verified") is False:
        parts.problem(
            "Your provider gave no verified e-mail, which is what people are known by here. Sign in with another account."
        )
        st.button("Sign out", on_click=st.logout)
        return False
    person = bench.team.welcome(email)
    if person is None:
        parts.problem(f"{email} has no role here yet. Ask an admin to add this e-mail on the team page.")
        st.button("Sign out", on_click=st.logout)
        return False
    st.session_state[session.REVIEWER] = person.name
    return True


def _sign_in() -> None:
    try:
        st.login()
    except Exception:  # Streamlit raises its own errors for a missing or broken [auth] section
        session.flash(
            "Signing in is not set up: .streamlit/secrets.toml needs an [auth] section with redirect_uri, cookie_secret,"
            " client_id, client_secret and server_metadata_url, and the package Authlib must be installed.",
            problem=True,
        )


def show(bench: Workbench) -> None:
    """The name in the sidebar: to pick, or signed in with its role."""
    if bench.settings.sign_in:
        name = session.reviewer()
        role = bench.team.role(name)
        parts.facts({"Signed in": name, "Role": role.value if role else "none"})
        st.button("Sign out", icon=":material/logout:", on_click=st.logout, type="tertiary")
        return
    others = [name for name in bench.reviewers() if name != FIRST_NAME]
    st.selectbox(
        "Reviewer",
        [FIRST_NAME, *others],  # never somebody else's name by default
        key=session.REVIEWER,
        bind="query-params",  # a reload, or a bookmark, keeps the name
        accept_new_options=True,
        help="Your name goes beside your decisions. It is an attribution, not a login. Type a new name to add it.",
        on_change=lambda: bench.add_reviewer(session.reviewer()),
    )
