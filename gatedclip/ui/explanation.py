"""The model's view of one meme: score, gate, halves, and the heat to lay over picture and words.

The quick map shows at once; the one asked for, and how far to trust it, are made meanwhile and shown when they are ready.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Literal

import streamlit as st
from PIL import Image

from gatedclip.atlas import Errand
from gatedclip.errors import BackboneError, CheckpointError, DataError, NotFound
from gatedclip.explain.heat import heat_overlay
from gatedclip.explain.markup import gate_html, legend_html, words_html
from gatedclip.explain.say import say_attribution, say_gate, say_trust
from gatedclip.explain.serialise import document, to_bytes
from gatedclip.figures.gate import gate_sweep
from gatedclip.types import Attribution, Badge, Baseline, Ledger, Meme, Method, Prediction, Target, Trust, Way
from gatedclip.ui import loaders, memory, parts, protection, session
from gatedclip.ui.desk import desk
from gatedclip.workbench import Workbench

METHODS: dict[Method, str] = {
    "quick": "Quick map",
    "integrated gradients": "Integrated Gradients",
    "leave one out": "Leave one out",
    "kernel shap": "KernelSHAP",
}
TARGETS: dict[Target, str] = {"margin": "Hateful or benign", "gate": "The gate: picture or words"}
BASELINES: dict[Baseline, str] = {"mean colour": "Mean grey", "blurred": "The same, blurred", "black": "Black"}
LAYOUTS = {False: "Over the picture", True: "Side by side"}
BADGES: dict[Badge, str] = {"solid": "● solid", "shaky": "◐ shaky", "unstable": "○ unstable"}
POLL = 1.0  # seconds between two looks at what is being made
STRENGTH = 70  # per cent: how strong the heat is until somebody moves the slider
SOON = 1.0  # seconds that need no progress bar


def model_view(bench: Workbench, meme: Meme) -> Attribution | None:
    """Score, gate and explanation of one meme; the attribution to lay over picture and words, or None when no head can speak."""
    try:
        loaders.wait_for_model()
        said = bench.predict([meme])[0]
        with st.container(border=True, key="model-view"):
            parts.verdict(said)
            memory.reason(bench, said)
            _gate(said)
            _halves(bench, meme, said)
            return _explained(bench, meme, said)
    except (NotFound, CheckpointError, BackboneError, DataError) as why:  # reviewing goes on without it
        parts.problem(str(why))
        return None


def _gate(said: Prediction) -> None:
    st.html('<h3 class="gc-h">Gate balance</h3>')
    st.html(gate_html(said.gate, said.share))
    st.text(say_gate(said.gate, said.share))


def _halves(bench: Workbench, meme: Meme, said: Prediction) -> None:
    """What each half brought, in a sentence; the numbers and the what-if of the gate for those who ask."""
    ledger = bench.ledger(meme)
    st.text(ledger.sentence)
    with st.expander("Picture, words, or only together", icon=":material/balance:"):
        _ledger(ledger)
        if st.toggle("What if the gate stood elsewhere?", key="what-if"):
            probabilities, flips = bench.what_if(meme)
            parts.chart(gate_sweep(probabilities, said.gate, said.threshold, flips), key=f"gate-{meme.id}")


def _ledger(ledger: Ledger) -> None:
    """What the score owes to each half and to both, in logits, and what it would be without one."""
    split = ledger.margin
    parts.facts(
        {
            "Picture alone": f"{split.picture_alone:+.2f}",
            "Words alone": f"{split.words_alone:+.2f}",
            "Only together": f"{split.interaction:+.2f}",
            "Without the picture": f"{ledger.without_picture:.0%} likely hateful",
            "Without the words": f"{ledger.without_words:.0%} likely hateful",
        }
    )
    st.caption(
        f"Exact Shapley split of the logit, {split.base:+.2f} to {split.margin:+.2f}. An absent half is averaged over "
        f"{ledger.references:,} training memes; standard error {split.standard_error:.2f}."
    )
    if ledger.disagrees:
        parts.note("The gate leans to one half and this split to the other: the gate alone would mislead here.")
    if ledger.note:
        parts.note(ledger.note)


# --- the map ------------------------------------------------------------------------------------------------------


def _explained(bench: Workbench, meme: Meme, said: Prediction) -> Attribution:
    """The best map there is of the kind asked for, what is still being made, and how far to trust what is shown."""
    st.html('<h3 class="gc-h">Why</h3>')
    way = _way(bench)
    heat = bench.known_map(meme, way)
    shown = way if heat is not None else way.quick
    if heat is None:
        with st.spinner("Explaining…", show_time=True):
            heat = bench.explain(meme, shown)
    trust = bench.known_trust(meme, way) if shown == way else None
    with st.container(key="map-state"):
        if shown != way or trust is None:
            _watch(bench, meme, way, trust=shown == way)
        else:
            _badge(trust)
    st.text(say_attribution(heat))
    st.text(say_trust(heat))
    if trust is not None:
        with st.expander("How far to trust it: the numbers", icon=":material/rule:"):
            parts.facts(_numbers(trust))
    _downloads(bench, meme, heat, trust, said)
    return replace(heat, badge=trust.badge if trust else None)


def _way(bench: Workbench) -> Way:
    """How the person wants it explained; what is rarely chosen is out of sight."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = st.segmented_control(
            "Attribution method",
            list(METHODS),
            format_func=METHODS.__getitem__,
            default="integrated gradients",
            required=True,
            key="method",
            persist_state="session",
            wrap=True,
        )
        with st.popover("How it is explained", icon=":material/tune:", type="tertiary"):
            target = st.radio(
                "What is explained", list(TARGETS), format_func=TARGETS.__getitem__, key="target", persist_state="session"
            )
            baseline = st.radio(
                "What stands for no picture",
                list(BASELINES),
                format_func=BASELINES.__getitem__,
                key="baseline",
                persist_state="session",
            )
            st.caption("The quick map compares with nothing.")
    champion = bench.champion()
    if champion is None or champion.kind != "gated":
        target = "margin"  # there is no gate to explain
    return Way(method or "quick", target, baseline if method != "quick" else "mean colour")


# --- what is still being made -----------------------------------------------------------------------------------------


def _watch(bench: Workbench, meme: Meme, way: Way, trust: bool) -> None:
    """How it stands with a map, or with its trust; looks again while it is under way, and runs the page once when that ends."""
    before = bench.ask_map(meme, way, trust)

    @st.fragment(run_every=POLL if before.under_way else None)
    def look() -> None:
        now = bench.ask_map(meme, way, trust)
        if now.state == "known" or now.under_way != before.under_way:
            st.rerun()
        what = "How far to trust it" if trust else METHODS[way.method]
        if now.under_way:
            _under_way(what, now, partial(bench.stop_map, meme, way, trust), trust)
        else:
            _at_rest(what, now, partial(session.attempt, bench.insist_on_map, meme, way, trust, session.reviewer()))

    look()


def _under_way(what: str, now: Errand, stop: Callable[..., None], trust: bool) -> None:
    """What is shown now and what is being made, with a way out of anything that takes long."""
    waits = "waits for its turn" if now.state == "waiting" else "is being found out" if trust else "is being made"
    parts.note(f"{what} {waits}." if trust else f"Shown for now: the quick map. {what} {waits}.")
    if now.seconds > SOON:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(now.progress, text=f"about {now.seconds:.0f} s in all")
            st.button("Cancel", key="cancel-map", on_click=stop)


def _at_rest(what: str, now: Errand, insist: Callable[..., None]) -> None:
    """What was offered, failed or cancelled, and the way to have it after all."""
    if now.state == "failed":
        parts.problem(f"{what} could not be made: {now.message}")
    elif now.state == "cancelled":
        parts.note(f"{what}: cancelled.")
    else:
        parts.note(f"{what} takes about {now.seconds:.0f} s here, so it is made only when asked for.")
    st.button("Make it" if now.state == "offered" else "Try again", key="make-map", on_click=insist)


# --- how far to trust it ------------------------------------------------------------------------------------------------


def _badge(trust: Trust) -> None:
    """The badge with its reasons; an unstable map is greyed, and says so."""
    parts.chips(f'<span class="gc-chip gc-{trust.badge}">{BADGES[trust.badge]}</span>')
    if trust.badge == "unstable":
        st.text("Do not read this map: it is greyed.")
    for reason in trust.reasons:
        st.text(reason)


def _numbers(trust: Trust) -> dict[str, str]:
    chance = trust.chance
    band = "" if chance is None else f" (random orders {chance.low:.2f} to {chance.high:.2f})"
    return {
        "Parts miss the whole by": _share(trust.completeness),
        "Changes not foreseen": _share(trust.infidelity),
        "Changed by invisible noise": _share(trust.sensitivity),
        "Verdict while parts go": f"{_number(trust.deletion)}{band}",
        "Verdict while parts come": f"{_number(trust.insertion)}{band}",
        "Likeness to an untaught head's": _number(trust.sanity),
    }


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


# --- to take away -------------------------------------------------------------------------------------------------------


def _downloads(bench: Workbench, meme: Meme, heat: Attribution, trust: Trust | None, said: Prediction) -> None:
    """The explanation as JSON and its heat as PNG, made when they are asked for."""
    name = f"meme-{meme.id}-{heat.method.replace(' ', '-')}"
    clear = desk().revealed
    about = {"meme_id": meme.id, "text": meme.text, "version": said.version_id, "probability": said.probability}
    about |= {"margin": said.margin, "gate": said.gate, "threshold": said.threshold}
    strength, found = st.session_state.get("strength", STRENGTH) / 100, replace(heat, badge=trust.badge if trust else None)

    def picture() -> bytes:
        return drawn(protection.picture(bench, meme.picture, clear), found, strength, "PNG")

    with st.container(horizontal=True):
        st.download_button(
            "Explanation (JSON)",
            lambda: document(found, trust, about),
            f"{name}.json",
            "application/json",
            key="map-json",
            on_click="ignore",
            type="tertiary",
            icon=":material/download:",
        )
        st.download_button(
            "Heat (PNG)",
            picture,
            f"{name}.png",
            "image/png",
            key="map-png",
            on_click="ignore",
            type="tertiary",
            icon=":material/image:",
        )


# --- on picture and words -----------------------------------------------------------------------------------------------


def lay_heat(picture: bytes, heat: Attribution, alt: str) -> None:
    """The picture under its heat, or beside it, and how strong the heat is; `alt` says what the picture is."""
    place = st.container()
    with st.container(horizontal=True, key="heat-look"):
        beside = st.segmented_control(
            "Heat",
            list(LAYOUTS),
            format_func=LAYOUTS.__getitem__,
            default=False,
            required=True,
            key="beside",
            persist_state="session",
        )
        strength = st.slider("Strength", 0, 100, STRENGTH, 5, format="%d%%", key="strength", persist_state="session", width=180)
    shown = heated(picture, heat, strength / 100) if strength else picture
    with place:
        if beside:
            plain, under = st.columns(2, gap="small")
            plain.image(picture, width="stretch", alt=alt)
            under.image(shown, width="stretch", alt=f"{alt}, with heat")
        else:
            st.image(shown, width="stretch", alt=f"{alt}, with heat")


def coloured_words(text: str, heat: Attribution | None) -> None:
    """A meme's words, coloured by their heat where there is one."""
    if heat is None:
        parts.words(text)
    else:
        st.html(words_html(heat))
        st.html(legend_html(heat.signed, heat.target, heat.badge))


def heated(picture: bytes, heat: Attribution, strength: float = STRENGTH / 100, side: int | None = None) -> bytes:
    """The picture under its heat as JPEG, no larger than `side` pixels where that is given; drawn once for the same heat."""
    return _drawn_once(picture, heat, strength, side, hashlib.sha256(to_bytes(heat)).hexdigest())


@st.cache_data(max_entries=64, show_spinner=False)
def _drawn_once(picture: bytes, _heat: Attribution, strength: float, side: int | None, key: str) -> bytes:
    """`key` stands for the heat, which the cache cannot compare."""
    return drawn(picture, _heat, strength, "JPEG", side)


def drawn(picture: bytes, heat: Attribution, strength: float, form: Literal["JPEG", "PNG"], side: int | None = None) -> bytes:
    """A picture's file with its heat laid on, as a file; `strength` 0..1, no larger than `side` pixels where that is given."""
    opened = Image.open(io.BytesIO(picture)).convert("RGB")
    if side is not None:
        opened.thumbnail((side, side))
    out = io.BytesIO()
    heat_overlay(opened, heat, strength).save(out, form, quality=88)
    return out.getvalue()
