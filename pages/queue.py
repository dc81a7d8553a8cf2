"""Queue: what waits, why in this order? Bring more."""

import streamlit as st

from gatedclip.types import Label, Split, Status
from gatedclip.ui import intake, loaders, nav, parts
from gatedclip.workbench import MemeFilter

nav.require_frame()

PER_PAGE = 24
SHOWN = {"waiting": Status.WAITING, "skipped": Status.SKIPPED, "decided": Status.DECIDED, "all": None}

bench = loaders.workbench()
tally = bench.tally()[Split.QUEUE]
with st.expander("Bring memes", icon=":material/upload:", expanded=not sum(tally.values())):
    intake.form(bench)

decided_as, wrong = "", False
with st.container(horizontal=True, vertical_alignment="bottom"):
    shown = st.segmented_control("Show", list(SHOWN), default="waiting", required=True, key="show", bind="query-params")
    if shown in ("decided", "all"):
        decided_as = st.selectbox("Decided as", ["", *Label], key="label", bind="query-params", width=170)
        wrong = st.toggle("Right for the wrong reason", key="wrong-reason", bind="query-params")
    order = st.segmented_control("Order", ["oldest", "newest"], default="oldest", required=True, key="order", bind="query-params")
    search = st.text_input("Words contain", key="words", bind="query-params", type="search", width=260)
which = MemeFilter(
    split=Split.QUEUE,
    status=SHOWN[shown or "waiting"],
    label=Label(decided_as) if decided_as else None,
    wrong_reason=wrong,
    search=search or "",
    order=order or "oldest",
)
count = bench.count(which)
if not count:
    parts.empty("No meme fits.", "Change the filters above, or bring memes.")
    st.stop()

pages = -(-count // PER_PAGE)
st.caption(f"{count:,} memes, {order} first. Pictures are blurred here; the review page reveals them one at a time.")
page = st.pagination(pages, key="page", bind="query-params") if pages > 1 else 1
memes = bench.memes(which, PER_PAGE, (min(page, pages) - 1) * PER_PAGE)
right_for_wrong = bench.wrong_reasons(memes)
for place, meme in zip(parts.grid(len(memes)), memes, strict=True):
    with place, st.container(border=True, key=f"card-{meme.id}", height="stretch"):
        parts.thumbnail(bench, meme)
        parts.words(meme.text, small=True)
        parts.chips(parts.label_chip(meme.label), parts.WRONG_REASON if meme.id in right_for_wrong else "")
        if meme.status != Status.DECIDED:
            st.page_link(nav.REVIEW, label="Review", icon=":material/rate_review:", query_params={"meme": str(meme.id)})
