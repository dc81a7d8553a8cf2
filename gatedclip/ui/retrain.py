"""Retraining: its options, what it would learn from, its progress, and the head that came out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import streamlit as st

from gatedclip.config import MEMBERS, PRESETS, TrainConfig
from gatedclip.errors import ConfigError
from gatedclip.figures.training import live_curves
from gatedclip.learn.lesson import Lesson
from gatedclip.types import HeadVersion, Job
from gatedclip.ui import nav, parts, promotion, report
from gatedclip.workbench import Workbench

PRESET_WORDS = {"tuned": "tuned: ours, the default", "paper": "paper: to the letter"}
SHOWN = (
    "epochs",
    "batch",
    "learning_rate",
    "alignment",
    "decision_weight",
    "decision_cap",
    "assisted_weight",
    "bulk_weight",
    "seed",
)
"""Numbers people change; what is neither here nor chosen by words comes with the preset and is listed below."""

HEADS = {
    "gated": "GatedCLIP",
    "ensemble": "GatedCLIP, several seeds averaged",
    "mean": "plain mean of both halves",
    "picture": "picture only",
    "words": "words only",
}
THRESHOLDS = {
    "validation": "best balanced accuracy",
    "half": "0.5, as in the paper",
    "recall": "find a share of the hateful",
    "precision": "a share of flags is right",
    "cost": "weigh misses against false alarms",
}
AIMS = {
    "recall": ("Share of the hateful to find", 0.9),
    "precision": ("Share of flags to be right", 0.9),
    "cost": ("False alarms that one miss costs", 5.0),
}
UNSURE = {"leave out": "learn nothing from them", "soft": "as hateful with probability ½"}


def options() -> TrainConfig:
    """The training options as they stand on the page; says what is wrong with them and stops where they contradict."""
    with st.expander("Options", icon=":material/tune:"):
        preset = st.radio("Preset", list(PRESETS), format_func=PRESET_WORDS.__getitem__, horizontal=True, key="preset")
        start = PRESETS[preset]
        columns = st.columns(3)
        changed = _choices(columns, start, preset)
        changed |= {name: _number(columns[n % 3], start, name, preset) for n, name in enumerate(SHOWN)}
        rest = {f.name: str(getattr(start, f.name)) for f in fields(start) if f.name not in {*SHOWN, *changed, "members", "aim"}}
        parts.facts({name.replace("_", " "): value for name, value in rest.items()})
    try:
        return TrainConfig.preset(preset, **changed)  # type: ignore[arg-type]
    except ConfigError as error:
        parts.problem(str(error))
        st.stop()


def _choices(columns: Sequence[Any], start: TrainConfig, preset: str) -> dict[str, Any]:
    """What is chosen by words, with the number that some choices ask for."""
    head = _choice(columns[0], "Head", HEADS, start.head, f"{preset}-head")
    rule = _choice(columns[1], "Threshold by", THRESHOLDS, start.threshold, f"{preset}-threshold")
    unsure = _choice(columns[2], "Unsure answers", UNSURE, start.unsure, f"{preset}-unsure")
    changed: dict[str, Any] = {"head": head, "threshold": rule, "unsure": unsure}
    if head == "ensemble":
        changed["members"] = columns[0].number_input("Seeds averaged", 2, MEMBERS, start.members, key=f"{preset}-members")
    if rule in AIMS:
        label, value = AIMS[rule]
        changed["aim"] = columns[1].number_input(label, value=value, format="%g", key=f"{preset}-aim-{rule}")
    return changed


def _choice(place: Any, label: str, names: dict[str, str], value: str, key: str) -> str:
    known = list(names)
    return str(place.selectbox(label, known, known.index(value), format_func=names.__getitem__, key=key))


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
    if plan.decisions:
        parts.facts(_counting(plan, config))
    left_out = [
        f"{plan.unsure} decided as unsure" if plan.unsure else "",
        f"{plan.leaking} sharing a picture, text or family with a held-out meme" if plan.leaking else "",
    ]
    if any(left_out):
        parts.note(f"Left out: {', '.join(filter(None, left_out))}.")
    if not plan.decisions:
        parts.note("There are no decisions to learn from yet. Review some memes first; training now repeats the base set.")


def _counting(plan: Lesson, config: TrainConfig) -> dict[str, str]:
    """How many decisions there are of each kind, and what one of them counts for."""
    heaviest = plan.weight[plan.base :].max()
    asked = f"{config.decision_weight:g} asked for, and {config.decision_cap:.0%} at most for all together"
    told = {"One decision counts as": f"{heaviest:.3g} base memes ({asked})"}
    if plan.assisted:
        told["After the model's view"] = f"{plan.assisted:,}, each for {plan.assisted_weight:g} of a blind one"
    if plan.bulk:
        told["Several memes at once"] = f"{plan.bulk:,}, each for {plan.bulk_weight:g} of a single one"
    if plan.soft:
        told["People split, or unsure"] = f"{plan.soft:,}, learned as a probability between both labels"
    return told


def curves(job: Job) -> None:
    """Loss, AUROC and mean gate of the epochs that a training has gone through so far."""
    if epochs := job.result.get("epochs"):
        parts.chart(live_curves(epochs), key="live-curves")


def outcome(bench: Workbench, version: HeadVersion) -> None:
    """The head that came out, and the way to promote it."""
    st.header(f"Head {version.name}", anchor=False)
    if version.champion:
        parts.note(f"{version.name} serves now.")
    else:
        with st.container(horizontal=True):
            promotion.offer(bench, version)
        promotion.ruled(bench, version)
        st.page_link(nav.MODELS, label="Compare all versions", icon=":material/deployed_code:")
    report.show(bench, version)
