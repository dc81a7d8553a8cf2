"""The people of the team: who they are, what they may do, what they did; and the way to everything else about the team."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from gatedclip.learn.flow import Work
from gatedclip.team import LOCAL_ROLE
from gatedclip.types import Person, Role
from gatedclip.ui import parts, session, team_flow, team_policy, team_quality, team_queues, team_record
from gatedclip.workbench import Workbench

MAY = {
    Role.MODERATOR: "reviews and brings memes",
    Role.LEAD: "reviews, settles conflicts, assigns, owns policy and quality, retrains and promotes",
    Role.RESEARCHER: "inspects, retrains and exports; decides nothing",
    Role.ADMIN: "does everything, adds people and erases",
}


def people(bench: Workbench) -> None:
    """Everyone here with what they did, and what can be changed about them."""
    if bench.settings.sign_in:
        _add(bench)
    else:
        _one_role(bench)
    done = {each.reviewer: each for each in bench.work(session.reviewer())}
    known = {person.name: person for person in bench.team.people()}
    names = sorted({*known, *done}, key=str.casefold)
    if not names:
        parts.empty("Nobody yet.", "Type a name in the sidebar; it goes beside your decisions.")
        return
    _table(bench, names, known, done)
    _change(bench, names, known)


def _one_role(bench: Workbench) -> None:
    parts.note(
        "People do not sign in here, so a name is only a name: anyone on this machine can pick any. Everyone has the same "
        "role, and anyone can change it; it guards against slips, not against people."
    )
    now = Role(str(bench.team.setting(LOCAL_ROLE)))
    roles = list(Role)
    st.selectbox(
        "Role of everyone",
        roles,
        index=roles.index(now),
        format_func=lambda role: f"{role.value}: {MAY[role]}",
        key=f"local-role-{now.value}",
        on_change=_set_one_role,
        args=(bench, f"local-role-{now.value}"),
    )


def _set_one_role(bench: Workbench, key: str) -> None:
    role = Role(st.session_state[key])
    session.act(f"Everyone is {role.value} now.", bench.team.choose, LOCAL_ROLE, role.value, session.reviewer())


def _add(bench: Workbench) -> None:
    with st.expander("Let someone in", icon=":material/person_add:"), st.form("add-person", border=False, clear_on_submit=True):
        st.text_input("E-mail", key="new-email", max_chars=80, placeholder="as the identity provider gives it")
        st.selectbox("Role", list(Role), format_func=lambda role: f"{role.value}: {MAY[role]}", key="new-role")
        st.form_submit_button("Let them in", on_click=_add_person, args=(bench,))


def _add_person(bench: Workbench) -> None:
    email, role = st.session_state["new-email"].strip().casefold(), Role(st.session_state["new-role"])
    session.act(f"{email} may sign in now, as {role.value}.", bench.team.add, email, role, session.reviewer(), email)


def _table(bench: Workbench, names: list[str], known: dict[str, Person], done: dict[str, Work]) -> None:
    leads = bench.team.may(session.reviewer(), "quality")
    shown: dict[str, list[object]] = {"who": list(names)}
    if bench.settings.sign_in:
        shown["role"] = [known[name].role.value if name in known else "" for name in names]
        shown["e-mail"] = [known[name].email if name in known else "" for name in names]
    work = [done.get(name) for name in names]
    shown |= {
        "decisions": [each.decisions if each else None for each in work],
        "median seconds": [each.seconds if each else None for each in work],
        "assisted": [f"{each.assisted:.0%}" if each else "" for each in work],
        "in groups": [each.together if each else None for each in work],
    }
    if leads:
        shown["labels"] = ["kept out of training" if name in known and known[name].quarantined else "" for name in names]
    st.dataframe(shown, hide_index=True, alt="People and what they decided")
    st.caption(
        ("" if leads else "Of the numbers only your own are shown; leads and admins see everyone's. ")
        + "Decisions that stand, the time from a meme's appearance to its decision, the share made after the model's view "
        "was shown. Time says nothing about care."
    )


def _change(bench: Workbench, names: list[str], known: dict[str, Person]) -> None:
    with st.container(border=True):
        name = st.selectbox("Person", names, key="person")
        person = known.get(name)
        if bench.settings.sign_in and person is not None:
            _change_role(bench, person)
        team_quality.quarantine(bench, name, person is not None and person.quarantined, "people")


def _change_role(bench: Workbench, person: Person) -> None:
    key, roles = f"role-{person.name}-{person.role.value}", list(Role)
    st.selectbox(
        "Their role",
        roles,
        index=roles.index(person.role),
        format_func=lambda role: f"{role.value}: {MAY[role]}",
        key=key,
        on_change=_set_role,
        args=(bench, person.name, key),
    )


def _set_role(bench: Workbench, name: str, key: str) -> None:
    role = Role(st.session_state[key])
    session.act(f"{name} is {role.value} now.", bench.team.change_role, name, role, session.reviewer())


SECTIONS: dict[str, Callable[[Workbench], None]] = {
    "People": people,
    "Quality": team_quality.show,
    "Policy": team_policy.show,
    "Queues": team_queues.show,
    "Flow": team_flow.show,
    "Record": team_record.show,
}
