"""Gates: how does the gate behave over many memes, and how good is the head on them?"""

import streamlit as st

from gatedclip.ui import gates, loaders, nav, parts

nav.require_frame()

bench = loaders.workbench()
if not bench.versions():
    parts.empty("No head yet.", "Import labelled memes into the base set on the queue page, then train one on the retrain page.")
    st.stop()
loaders.wait_for_model()
with st.container(horizontal=True, vertical_alignment="bottom"):
    version = gates.head(bench)
    everyone = bench.population(version)
    population = everyone.where(gates.which(everyone))
gates.said_of(bench, population)
if not len(population):
    parts.empty("No meme fits.", "Change the filters above.")
    st.stop()

view = st.segmented_control("View", list(gates.VIEWS), default="Balance", required=True, key="view", bind="query-params")
gates.VIEWS[view or "Balance"](bench, population)
