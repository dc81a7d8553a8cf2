"""Lab: what if the words or the picture were different? What lies near, and what would another head say?"""

import streamlit as st

from gatedclip.ui import lab, loaders, memory, nav, nearby, parts, versus
from gatedclip.ui.trial import trial

nav.require_frame()

SECTIONS = ["Confounders", "Similar memes", "Two heads"]

bench, here = loaders.workbench(), trial()
meme = here.seat(bench, st.query_params)
if meme is None:
    parts.empty("Nothing to try yet.", "Bring memes on the queue page, then come back and change their words or pictures.")
    st.stop()

lab.chooser(bench, here, meme)
loaders.wait_for_model()
memory.apart(bench)
lab.editor(bench, here, meme)
lab.side_by_side(bench, here, meme)
lab.keep(bench, here, meme)
lab.pins(bench, here)
section = st.segmented_control("Look at", SECTIONS, default=SECTIONS[0], required=True, key="lab-section")
if section == "Confounders":
    nearby.confounders(bench, meme)
elif section == "Similar memes":
    nearby.similar(bench, here, meme)
else:
    versus.two_heads(bench, here, meme)
