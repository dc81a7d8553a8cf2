"""The model's view of one meme: score, gate, halves, and the heat to lay over picture and words."""

from __future__ import annotations

import streamlit as st

from gatedclip.errors import BackboneError, CheckpointError, NotFound
from gatedclip.explain.markup import gate_html
from gatedclip.explain.say import say_attribution, say_gate, say_trust
from gatedclip.figures.gate import gate_sweep
from gatedclip.types import Attribution, Ledger, Meme, Method, Prediction
from gatedclip.ui import loaders, parts
from gatedclip.workbench import Workbench

METHODS: dict[Method, str] = {
    "quick": "Quick map",
    "integrated gradients": "Integrated Gradients",
    "leave one out": "Leave one out",
}


def model_view(bench: Workbench, meme: Meme) -> Attribution | None:
    """Score, gate and method for one meme; the attribution to lay over picture and words, or None when no head can speak."""
    try:
        loaders.wait_for_model()
        said = bench.predict([meme])[0]
        with st.container(border=True, key="model-view"):
            _opinion(said)
            _halves(bench, meme, said)
            method = st.segmented_control(
                "Attribution method",
                list(METHODS),
                format_func=METHODS.__getitem__,
                default="quick",
                required=True,
                key="method",
                persist_state="session",
            )
            with st.spinner("Explaining…", show_time=True):
                heat = bench.explain(meme, method or "quick")
            st.text(say_attribution(heat))
            st.text(say_trust(heat))
        return heat
    except (NotFound, CheckpointError, BackboneError) as why:  # reviewing goes on without it
        parts.problem(str(why))
        return None


def _opinion(said: Prediction) -> None:
    parts.verdict(said)
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
