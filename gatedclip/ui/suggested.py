"""What to look at next: the newest batch, why each of its memes is asked, and a way to choose another."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from gatedclip.store import DecisionFilter
from gatedclip.types import Action, Meme, Pick, Split, Status
from gatedclip.ui import jobs, parts, paying, session
from gatedclip.workbench import Workbench

NOTHING = (
    "Nothing is chosen yet, so memes come oldest first. A batch mixes memes the model is unsure of with some drawn by chance, "
    "which show how good it is. In MemeWorld such batches were not shown to need fewer labels than chance alone."
)


def section(bench: Workbench, me: str) -> None:
    """When the newest batch was chosen, how much of it is open, and the button for the next; nothing before a head serves."""
    if bench.champion() is None:
        return
    picks = bench.picks()
    with st.container(border=True, key="suggested"):
        st.subheader("What to look at next", anchor=False)
        st.text(_say(bench, picks) if picks else NOTHING)
        jobs.button(bench, "choose", bench.start_choosing, me, able=bench.team.may(me, "review"))
        jobs.watch(bench, "choose")
    paying.show(bench)


def _say(bench: Workbench, picks: Sequence[Pick]) -> str:
    memes = bench.look_up([pick.meme_id for pick in picks])
    left = sum(meme.status.open and meme.split is Split.QUEUE for meme in memes)
    when = f"Chosen {parts.when(picks[0].at)}: {parts.memes(len(picks))}, {left:,} still open."
    return f"{when} They come first on the review page." if left else when


def reason(pick: Pick, meme: Meme) -> None:
    """Why a meme is asked, on its card; with what the model says only once it is decided."""
    told = pick.reason if meme.status is Status.DECIDED and not pick.second else pick.asked
    parts.words(f"asked {told}", small=True)


def second(bench: Workbench, pick: Pick, meme: Meme) -> None:
    """A way to ask somebody else about a decided meme whose label may be wrong, once a batch."""
    appeals = DecisionFilter(meme_id=meme.id, action=Action.APPEAL, since=pick.at)
    if pick.second and meme.status is Status.DECIDED and not bench.count_events(appeals):
        st.button(
            "Ask a second person",
            key=f"second-{meme.id}",
            icon=":material/group:",
            type="tertiary",
            on_click=_ask,
            args=(bench, meme.id),
        )


def _ask(bench: Workbench, meme_id: int) -> None:
    said = f"Meme {meme_id} waits for someone who has not decided it; until then nothing is learned from it."
    session.act(said, bench.appeal, meme_id, session.reviewer())
