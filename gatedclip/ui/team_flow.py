"""How the work goes: decisions per day, how long memes wait, what people saw unblurred."""

from __future__ import annotations

import streamlit as st

from gatedclip.figures.team import throughput
from gatedclip.learn.flow import say_age
from gatedclip.ui import parts, session
from gatedclip.workbench import Workbench

DAYS = 14


def show(bench: Workbench) -> None:
    me = session.reviewer()
    st.subheader("What waits", anchor=False)
    _backlog(bench)
    st.subheader("Decisions a day", anchor=False)
    if done := bench.throughput(me, DAYS):
        parts.chart(throughput(done), key="throughput")
        st.caption("Decisions that stand, by day (UTC). Days without any are shown too.")
    else:
        parts.note(f"Nothing was decided in the last {DAYS} days.")
    st.subheader("Seen unblurred", anchor=False)
    _exposure(bench, me)
    if not bench.team.may(me, "quality"):
        parts.note("These are your own numbers; leads and admins see everyone's.")


def _backlog(bench: Workbench) -> None:
    found = bench.backlog()
    if not found.waiting:
        parts.note("Nothing waits.")
        return
    with st.container(horizontal=True):
        st.metric("Waiting", f"{found.waiting:,}", border=True)
        st.metric("Oldest", say_age(found.oldest), border=True)
        st.metric("Median", say_age(found.median), border=True)
    parts.table(["waiting for", "memes"], [(age, f"{n:,}") for age, n in found.ages.items()])


def _exposure(bench: Workbench, me: str) -> None:
    found = bench.exposure(me, DAYS)
    if found:
        st.dataframe(
            {
                "day": [each.day.isoformat() for each in found],
                "who": [each.person for each in found],
                "pictures revealed": [each.reveals for each in found],
                "minutes": [round(each.seconds / 60, 1) for each in found],
            },
            hide_index=True,
            alt="Unblurred views by day and person, newest first",
        )
    else:
        parts.note(f"No picture was revealed in the last {DAYS} days.")
    st.caption("This counts unblurred views and their length, by day (UTC). It measures exposure and says nothing about harm.")
