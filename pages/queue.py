"""Queue: what waits, why in this order, and for whom? Bring more; decide memes of one kind together."""

import streamlit as st

from gatedclip.types import Split
from gatedclip.ui import group, intake, lists, loaders, nav, parts, session, suggested

nav.require_frame()

bench, me = loaders.workbench(), session.reviewer()
around = group.chosen(bench)
if around is not None:
    group.show(bench, around)
    st.stop()
group.offer_undo(bench)

with st.expander("Bring memes", icon=":material/upload:", expanded=not sum(bench.tally()[Split.QUEUE].values())):
    intake.form(bench)
suggested.section(bench, me)
shown = lists.choose(bench, me)
which = lists.narrow(shown, me)
count = bench.count(which)
if not count:
    parts.empty("No meme fits.", lists.NOTHING.get(shown, "Change the filters above, or bring memes."))
    st.stop()

pages = -(-count // lists.PER_PAGE)
order = "in the order they were chosen" if which.order == "chosen" else f"{which.order} first"
st.caption(f"{parts.memes(count)}, {order}. Pictures are blurred here; the review page reveals them one at a time.")
page = st.pagination(pages, key="page", bind="query-params") if pages > 1 else 1
memes = bench.memes(which, lists.PER_PAGE, (min(page, pages) - 1) * lists.PER_PAGE)
lists.lead(bench, me, memes)
lists.cards(bench, me, memes)
