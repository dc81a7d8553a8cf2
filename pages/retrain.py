"""Retrain: what would be learned from, and is it sound? Run it; what came out?"""

import streamlit as st

from gatedclip.ui import audit, loaders, nav, retrain

nav.require_frame()

bench = loaders.workbench()
job = bench.retraining()
active = job is not None and job.status.active
config = retrain.options()
retrain.lesson(bench, config)
auditing = bench.auditing()
with st.container(horizontal=True):
    retrain.start(bench, config, disabled=active)
    audit.start(bench, config, disabled=auditing is not None and auditing.status.active)
audit.show(bench, config)
if job is not None:
    retrain.progress(bench, job.id, active)
    if not active and "version_id" in job.result:
        retrain.outcome(bench, bench.version(job.result["version_id"]))
