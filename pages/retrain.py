"""Retrain: what would be learned from? Run it; what came out?"""

from gatedclip.ui import loaders, nav, retrain

nav.require_frame()

bench = loaders.workbench()
job = bench.retraining()
active = job is not None and job.status.active
config = retrain.options()
retrain.lesson(bench, config)
retrain.start(bench, config, disabled=active)
if job is not None:
    retrain.progress(bench, job.id, active)
    if not active and "version_id" in job.result:
        retrain.outcome(bench, bench.version(job.result["version_id"]))
