"""History: who decided what, when, on which version? Undo, reopen, export."""

import streamlit as st

from gatedclip.types import Action, Label
from gatedclip.ui import history, loaders, nav, parts
from gatedclip.workbench import DecisionFilter

nav.require_frame()

PER_PAGE = 100

bench = loaders.workbench()
with st.container(horizontal=True, vertical_alignment="bottom"):
    reviewer = st.selectbox("Who", ["", *bench.reviewers()], key="who", bind="query-params", width=200)
    action = st.selectbox("What", ["", *Action], key="what", bind="query-params", width=160)
    label = st.selectbox("Label", ["", *Label], key="as", bind="query-params", width=160)
    wrong = st.toggle("Right for the wrong reason", key="wrong-reason", bind="query-params")
which = DecisionFilter(
    reviewer=reviewer or "",
    action=Action(action) if action else None,
    label=Label(label) if label else None,
    wrong_reason=wrong,
)
count = bench.count_events(which)
if not count and which == DecisionFilter():
    parts.empty("Nothing here yet.", "Every decision, skip, undo and reopening will be listed, newest first.")
    st.stop()
if not count:
    parts.empty("No event fits.", "Change the filters above.")
    st.stop()

with st.container(horizontal=True, vertical_alignment="center"):
    st.caption(f"{count:,} events, newest first. Select one to see its meme.")
    history.downloads(bench, which)
pages = -(-count // PER_PAGE)
page = st.pagination(pages, key="history-page", bind="query-params") if pages > 1 else 1
rows = bench.history(which, PER_PAGE, (min(page, pages) - 1) * PER_PAGE)
chosen = history.table(rows)
if chosen is not None:
    history.detail(bench, *chosen)
