"""The correction memory: how a score came to differ from the head's own, and how it is switched and chosen."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from gatedclip.errors import GatedCLIPError
from gatedclip.types import Label, Prediction, Split
from gatedclip.ui import loaders, parts, promotion, session
from gatedclip.workbench import Workbench

if TYPE_CHECKING:
    from gatedclip.remembering import State

WHAT = (
    "Memes decided since this head learned speak about memes like them at once, before any head is trained on them. Far from "
    "everything decided the head speaks alone; what a head has learned leaves its memory."
)
SHOWN = 3  # neighbours, the nearest
_SWITCH = "memory-on"


def reason(bench: Workbench, said: Prediction) -> None:
    """Which decided memes moved a score, and from where; nothing where the head speaks alone."""
    if said.recalled is None:
        return
    near = said.recalled.neighbours
    with st.container(key="recalled"):
        st.html('<h3 class="gc-h">Remembered</h3>')
        st.text(_moved(len(near), said.recalled.probability, said.probability))
        memes = {meme.id: meme for meme in bench.look_up([each.meme_id for each in near]) if meme.split is not Split.ERASED}
        shown = [each for each in near if each.meme_id in memes][:SHOWN]
        for place, each in zip(parts.grid(len(shown), across=SHOWN), shown, strict=True):
            with place:
                parts.thumbnail(bench, memes[each.meme_id])
                parts.chips(parts.label_chip(Label.HATEFUL if each.hateful else Label.BENIGN))
                st.text(f"meme {each.meme_id}, {each.similarity:.0%} alike")
        st.caption("What follows explains the head alone.")


def _moved(many: int, alone: float, now: float) -> str:
    who = f"{many} decided memes like it have" if many > 1 else "1 decided meme like it has"
    if f"{alone:.0%}" == f"{now:.0%}":
        return f"{who} a say and leave{'s' if many == 1 else ''} the score as the head alone has it."
    return f"{who} a say: the head alone says {alone:.0%}, with {'them' if many > 1 else 'it'} the score is {now:.0%}."


def apart(bench: Workbench) -> None:
    """Says on a page that asks the head alone that on review decided memes have a say; nothing where they have none."""
    try:
        speaks = bench.remembers().speaks
    except GatedCLIPError:  # the page says itself what is wrong with the head
        return
    if speaks:
        st.caption("The head is asked alone here. On review, memes decided since it learned have a say too.")


def show(bench: Workbench) -> None:
    """How the memory of the head that serves speaks, and what that does; leads change it."""
    champion, able = bench.champion(), promotion.may(bench)
    if champion is None:
        return
    with st.container(border=True, key="memory"):
        st.subheader("Corrections at once", anchor=False)
        st.caption(WHAT)
        try:
            loaders.wait_for_model()
            state = bench.remembers()
        except GatedCLIPError as why:  # the page goes on, so that another head can be promoted
            parts.problem(str(why))
            return
        parts.facts({"head": champion.name, "remembers": _count(state.size), **_setting(state)})
        _effects(state)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.session_state[_SWITCH] = state.on
            st.toggle("Corrections act at once", key=_SWITCH, disabled=not able, on_change=partial(_switch, bench))
            st.button(
                "Choose anew",
                key="choose-memory",
                icon=":material/tune:",
                disabled=not able or not state.on,
                help="How strongly decided memes speak, by what is best on validation memes and on themselves.",
                on_click=partial(_choose, bench),
            )
        if not able:
            st.caption(promotion.LEADS_ONLY)


def _count(memes: int) -> str:
    return f"{memes:,} decided meme{'' if memes == 1 else 's'}"


def _setting(state: State) -> dict[str, str]:
    if not state.on:
        return {"speaks": "not at all: switched off"}
    if not state.setting.mix:
        return {"speaks": "not at all: no mix was better than the head alone"}
    how = f"the {state.setting.neighbours} nearest, from {state.setting.floor:.0%} alike, with up to {state.setting.mix:.0%}"
    if not state.chosen_on:
        return {"speaks": f"{how} of the say, until enough is decided to choose by"}
    threshold = {} if state.threshold is None else {"decides at": f"{state.threshold:.1%}"}
    return {"speaks": f"{how} of the say, chosen on {_count(state.chosen_on)}", **threshold}


def _effects(state: State) -> None:
    if not state.effects:
        return
    rows = [
        (f"{name} ({e.n:,})", *(f"{was:.3f} → {now:.3f}" for was, now in (e.brier, e.auroc, e.accuracy)))
        for name, e in state.effects.items()
    ]
    parts.table(("head alone → with memory", "Brier score", "AUROC", "accuracy"), rows)
    st.caption(
        "The mix with the lowest mean of both Brier scores that costs little of the first, on these very memes: that flatters it."
    )


def _switch(bench: Workbench) -> None:
    on = bool(st.session_state[_SWITCH])
    said = "Corrections act at once from now on." if on else "The head speaks alone from now on."
    session.act(said, bench.switch_memory, on, session.reviewer())


def _choose(bench: Workbench) -> None:
    session.act("Chosen anew.", bench.choose_memory, session.reviewer())
