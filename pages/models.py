"""Models: which heads are there, how does one compare with the head it would replace? Promote, roll back."""

import streamlit as st

from gatedclip.ui import bars, estimate, gold, loaders, memory, models, nav, parts, reviewers

nav.require_frame()

bench = loaders.workbench()
versions = bench.versions()
if not versions:
    parts.empty("No head yet.", "Import labelled memes into the base set on the queue page, then train one on the retrain page.")
    st.stop()

chosen = models.choose(bench, versions)
models.actions(bench, chosen)
models.detail(bench, chosen)
bars.show(bench)
gold.show(bench, chosen)
reviewers.show(bench, chosen)
models.promotions(bench)
estimate.show(bench)
memory.show(bench)
