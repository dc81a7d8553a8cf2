"""Review: what is this meme, what do I say, what does the model say and why?"""

import streamlit as st

from gatedclip.ui import explanation, loaders, nav, parts, review, session
from gatedclip.ui.desk import desk

nav.require_frame()

bench, here = loaders.workbench(), desk()
here.follow(st.query_params)
meme = here.seat(bench, session.reviewer())
if meme is None:
    parts.empty("Nothing waits for you.", "Bring memes on the queue page, or reopen a decided one from the history.")
    review.last_decision(here)
    st.page_link(nav.QUEUE, label="Go to the queue", icon=":material/inbox:")
    st.stop()

left, right = st.columns([6, 5], gap="large")
with right:
    place_for_keys = st.container()  # filled last, so that no key works before the meme stands on the page
    heat = explanation.model_view(bench, meme) if here.assisted or here.back else None
    if heat is None and not (here.assisted or here.back):
        review.ask_model(here)
        review.last_decision(here)
with left:
    review.picture(bench, here, meme, heat)
    review.words(bench, here, meme, heat)
with place_for_keys:
    if here.back:
        review.looking_back(bench, here, meme)
    else:
        review.decision(bench, here, meme)
        review.reasons(here, meme)
        here.drawn()
