"""Gold, from the draw to the sealed reserve: memes that only judge heads, and every look at those that are sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from gatedclip.types import HeadVersion
from gatedclip.ui import parts, promotion, session
from gatedclip.workbench import Workbench

if TYPE_CHECKING:
    from gatedclip.gold import Freezing

SHOWN = 20  # memes that were not fit
FROZEN = "_frozen"  # what came of the last freezing in this tab
LEADS_ONLY = "A lead or an admin draws memes and freezes them."
HOW = (
    "Drawn at random from what waits and never learned from. Each is judged by two people without the model's view; a lead "
    "settles what they differ on. Frozen, they judge every head."
)


def show(bench: Workbench, version: HeadVersion) -> None:
    """The open draw with what can be done with it, what came of the last one, and the sealed reserve."""
    with st.expander("Gold: memes that only judge heads", icon=":material/verified:"):
        able = bench.team.may(session.reviewer(), "quality")
        st.caption(HOW if able else f"{HOW} {LEADS_ONLY}")
        st.subheader("The open draw", anchor=False)
        drawn = _open(bench)
        if able:
            _draw(bench)
        if able and drawn:
            _freeze(bench)
        if found := st.session_state.get(FROZEN):
            _frozen(found)
        _reserve(bench, version, promotion.may(bench))


def _open(bench: Workbench) -> int:
    """How far the open draw is; how many memes it has."""
    now = bench.open_draw()
    if not now.drawn:
        st.text("No draw is open.")
        return 0
    parts.facts(
        {
            "drawn": f"{now.drawn:,}",
            "judged by two people": f"{now.answered:,}",
            "of them without a label yet": f"{now.open:,}, a lead settles them",
            "still waiting for answers": f"{now.waiting:,}",
        }
    )
    return now.drawn


def _draw(bench: Workbench) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input("How many", 1, 10_000, 50, key="draw-n", width=140)
        st.number_input("Seed", 0, 2**31 - 1, 0, key="draw-seed", width=140, help="The same seed draws the same memes again.")
        st.button("Draw", key="draw-gold", icon=":material/casino:", on_click=_do_draw, args=(bench,))


def _do_draw(bench: Workbench) -> None:
    n, seed = int(st.session_state["draw-n"]), int(st.session_state["draw-seed"])
    ids = session.attempt(bench.draw_gold, n, session.reviewer(), seed)
    if ids is None:
        return
    st.session_state.pop(FROZEN, None)
    if not ids:
        session.flash("No meme waits that was not drawn yet. Bring memes on the queue page first.", problem=True)
        return
    fewer = "" if len(ids) == n else f" No more than {len(ids):,} wait that were not drawn yet."
    session.flash(f"{parts.memes(len(ids))} drawn; each asks for two people.{fewer}")


def _freeze(bench: Workbench) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input("Sealed, % of it", 0, 100, 30, 5, key="sealed-share", width=140)
        st.button("Freeze what is settled", key="freeze-gold", icon=":material/lock:", on_click=_do_freeze, args=(bench,))
        st.button(
            "Give the draw back",
            key="give-back-draw",
            icon=":material/undo:",
            type="tertiary",
            on_click=_give_back,
            args=(bench,),
            help="None is frozen; all are in the queue like any other again. They still ask for two people.",
        )


def _do_freeze(bench: Workbench) -> None:
    share = st.session_state["sealed-share"] / 100
    st.session_state[FROZEN] = session.attempt(bench.freeze_gold, session.reviewer(), share)


def _give_back(bench: Workbench) -> None:
    n = session.attempt(bench.give_back_draw, session.reviewer())
    if n is not None:
        session.flash(f"{parts.memes(n)} given back to the queue.")


def _frozen(found: Freezing) -> None:
    """What became gold, what was sealed, and why the rest was not fit."""
    sealed = len(found.reserve.entries) if found.reserve else 0
    parts.note(f"Frozen: the gold has {parts.memes(len(found.gold.entries))} now. Newly sealed: {parts.memes(sealed)}.")
    if found.unfit:
        st.text(f"Not fit, and in the queue like any other again: {parts.memes(len(found.unfit))}.")
        parts.facts({str(meme_id): why for meme_id, why in list(found.unfit.items())[:SHOWN]})
        if len(found.unfit) > SHOWN:
            st.caption(f"The first {SHOWN} of them.")


def _reserve(bench: Workbench, version: HeadVersion, able: bool) -> None:
    st.subheader("Sealed gold", anchor=False)
    sealed = bench.sealed()
    if sealed is None:
        st.caption("Nothing is sealed yet. A part of the gold can be set aside when it is frozen, for a last look.")
        return
    looks = [look for look in bench.looks() if look.manifest_id == sealed.id]
    parts.note(f"Sealed: {parts.memes(len(sealed.entries))}. Looks taken: {len(looks)}. Each lets a choice fit them a little.")
    if looks:
        rows = [
            (f"look {e.number}", f"v{e.version_id}", f"{e.result['auroc']['value']:.3f}", e.by, parts.when(e.at)) for e in looks
        ]
        parts.table(("", "head", "AUROC", "by", "when"), rows)
    st.button(
        f"Take look {len(looks) + 1}, at {version.name}",
        key=f"look-{version.id}",
        icon=":material/visibility:",
        disabled=not able,
        help=None if able else promotion.LEADS_ONLY,
        on_click=_look,
        args=(bench, version),
    )


def _look(bench: Workbench, version: HeadVersion) -> None:
    said = f"{version.name} was measured on the sealed memes. The look is on record."
    session.act(said, bench.look, version, session.reviewer())
