"""Review: what is this meme, what do I say, what does the model say and why?"""

from functools import partial

import streamlit as st

from gatedclip.ui import desk as actions
from gatedclip.ui import explanation, loaders, nav, parts, policy, protection, review, session
from gatedclip.ui.desk import desk

nav.require_frame()

bench, here, name = loaders.workbench(), desk(), session.reviewer()
here.follow(st.query_params)
queue = review.queue(bench, here)
meme = here.seat(bench, name, queue)
if notice := here.noticed():
    parts.note(notice)
if meme is None:
    parts.empty("Nothing waits for you.", "Bring memes on the queue page, or reopen a decided one from the history.")
    review.last_decision(here)
    protection.exposure(bench, here.views)
    st.page_link(nav.QUEUE, label="Go to the queue", icon=":material/inbox:")
    st.stop()

wish, shown = bench.team.preferences(name), here.uncovered or here.back is not None
left, right = st.columns([6, 5], gap="large")
with right:
    place_for_keys = st.container()  # filled last, so that no key works before the meme stands on the page
    heat = explanation.model_view(bench, meme) if shown else None
    if not shown:
        review.ask_model(here)
        review.last_decision(here)
with left:
    review.picture(bench, here, meme, heat, wish)
    review.asked(bench, meme)
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        review.picture_key(here, meme, wish)
        protection.preferences(bench, partial(actions.heed_opt_out, bench, meme))
    review.words(bench, here, meme, heat)
    protection.exposure(bench, here.views)
with place_for_keys:
    if here.back:
        review.looking_back(bench, here, meme)
    else:
        review.disputed(bench, meme)
        review.decision(bench, here, meme)
        policy.said(bench, here)
        review.copies(bench, here, meme)
        review.reasons(here, meme)
        policy.text(here.policy)
        here.drawn()
here.keep(bench)
here.look_ahead(bench, queue, [protection.variant(wish, clear) for clear in (False, True)])
