"""Retraining: its options, what it would learn from, its progress, and the head that came out."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import streamlit as st

from gatedclip.config import PRESETS, TrainConfig
from gatedclip.types import HeadVersion, JobStatus
from gatedclip.ui import nav, parts, report, session
from gatedclip.workbench import Workbench

PRESET_WORDS = {"tuned": "tuned: ours, the default", "paper": "paper: to the letter"}
SHOWN = ("epochs", "batch", "learning_rate", "alignment", "decision_weight", "seed")
"""Options people change; the others come with the preset and are listed below them."""


def options() -> TrainConfig:
    """The training options as they stand on the page."""
    with st.expander("Options", icon=":material/tune:"):
        preset = st.radio("Preset", list(PRESETS), format_func=PRESET_WORDS.__getitem__, horizontal=True, key="preset")
        start = PRESETS[preset]
        columns = st.columns(3)
        changed = {name: _number(columns[n % 3], start, name, preset) for n, name in enumerate(SHOWN)}
        rest = {f.name: str(getattr(start, f.name)) for f in fields(start) if f.name not in SHOWN}
        parts.facts({name.replace("_", " "): value for name, value in rest.items()})
    return TrainConfig.preset(preset, **changed)  # type: ignore[arg-type]


def _number(place: Any, start: TrainConfig, name: str, preset: str) -> float | int:
    value = getattr(start, name)
    step = 1 if isinstance(value, int) else None
    form = "%d" if isinstance(value, int) else "%g"
    return place.number_input(name.replace("_", " ").capitalize(), value=value, step=step, format=form, key=f"{preset}-{name}")


def lesson(bench: Workbench, config: TrainConfig) -> None:
    """What a head trained now would learn from."""
    plan = bench.lesson(config)
    share = plan.weight[plan.base :].sum() / max(1e-9, plan.weight.sum())
    with st.container(horizontal=True):
        st.metric("Base set", f"{plan.base:,}", border=True, help="Labelled memes every head starts from.")
        st.metric(
            "Decisions", f"{plan.decisions:,}", border=True, help="Standing decisions, confirmations as well as corrections."
        )
        st.metric("Their weight", f"{share:.0%}", border=True, help="Share of the training weight that decisions have together.")
    left_out = [
        f"{plan.unsure} decided as unsure" if plan.unsure else "",
        f"{plan.leaking} sharing a picture or text with a held-out meme" if plan.leaking else "",
    ]
    if any(left_out):
        parts.note(f"Left out: {', '.join(filter(None, left_out))}.")
    if not plan.decisions:
        parts.note("There are no decisions to learn from yet. Review some memes first; training now repeats the base set.")


def start(bench: Workbench, config: TrainConfig, disabled: bool) -> None:
    st.button(
        "Start training",
        key="start-training",
        type="primary",
        icon=":material/play_arrow:",
        disabled=disabled,
        on_click=lambda: session.attempt(bench.start_retraining, config, session.reviewer()),
    )


def progress(bench: Workbench, job_id: int, active: bool) -> None:
    """How a training job is doing; looks again every second while it is under way."""

    @st.fragment(run_every=1.0 if active else None)
    def watch() -> None:
        job = bench.retraining()
        if job is None or job.id != job_id or job.status.active != active:
            st.rerun()
        if job.status.active:
            st.progress(job.progress, text="Training" if job.progress else "Getting ready")
            st.text(f"{job.message or 'starting'} · started by {job.requested_by}")
            st.button("Cancel", key="cancel-training", disabled=job.cancelling, on_click=bench.cancel, args=(job.id,))
        else:
            _ended(job.status, job.message)

    watch()


def _ended(status: JobStatus, message: str) -> None:
    said = {
        JobStatus.DONE: "The last training is done.",
        JobStatus.CANCELLED: "The last training was cancelled. Nothing changed.",
        JobStatus.LOST: "The last training stopped answering and counts as lost. Nothing changed; start it again.",
        JobStatus.FAILED: f"The last training failed: {message}",
    }[status]
    (parts.problem if status in (JobStatus.FAILED, JobStatus.LOST) else parts.note)(said)


def outcome(bench: Workbench, version: HeadVersion) -> None:
    """The head that came out, and the way to promote it."""
    st.header(f"Head {version.name}", anchor=False)
    report.show(bench, version)
    if version.champion:
        parts.note(f"{version.name} serves now.")
    else:
        st.button(
            f"Promote {version.name}",
            key=f"promote-{version.id}",
            type="primary",
            icon=":material/publish:",
            on_click=report.promote,
            args=(bench, version),
        )
        st.page_link(nav.MODELS, label="Compare all versions", icon=":material/deployed_code:")
