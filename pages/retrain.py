"""Retrain: what would be learned from, and is it sound? Run it; what came out?"""

import streamlit as st

from gatedclip.ui import audit, jobs, loaders, nav, retrain, session

nav.require_frame()

bench, me = loaders.workbench(), session.reviewer()
config = retrain.options()
retrain.lesson(bench, config)
with st.container(horizontal=True):
    jobs.button(bench, "retrain", bench.start_retraining, config, me, type="primary")
    jobs.button(bench, "audit", bench.start_audit, config, me)
audit.show(bench, config)
job = jobs.watch(bench, "retrain", retrain.curves)
if job is not None and "version_id" in job.result:
    retrain.outcome(bench, bench.version(job.result["version_id"]))
