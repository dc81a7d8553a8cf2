"""Memes opened from a figure: blurred, each with what the head says, and the way to the review desk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from gatedclip.population.columns import Population
from gatedclip.types import Label
from gatedclip.ui import nav, parts
from gatedclip.workbench import Workbench

PER_PAGE = 24


def picked(event: Any) -> list[int]:
    """Ids of the memes selected in a figure whose points carry them, each once."""
    return list(dict.fromkeys(int(point["customdata"]) for point in event.selection.points if "customdata" in point))


def grid(bench: Workbench, population: Population, ids: Sequence[int]) -> None:
    """These memes, in this order, as far as they belong to the population."""
    here = {meme_id: n for n, meme_id in enumerate(population.ids.tolist())}
    ids = [meme_id for meme_id in ids if meme_id in here]
    if not ids:
        return
    st.subheader(f"{len(ids):,} {'meme' if len(ids) == 1 else 'memes'}, blurred", anchor=False)
    pages = -(-len(ids) // PER_PAGE)
    page = min(st.pagination(pages, key="opened-page"), pages) if pages > 1 else 1
    memes = bench.look_up(ids[(page - 1) * PER_PAGE : page * PER_PAGE])
    for place, meme in zip(parts.grid(len(memes)), memes, strict=True):
        n = here[meme.id]
        known = str(population.known[n])
        with place, st.container(border=True, key=f"opened-{meme.id}", height="stretch"):
            parts.thumbnail(bench, meme)
            parts.words(meme.text, small=True)
            parts.chips(parts.label_chip(Label(known) if known in set(Label) else None))
            st.caption(f"{population.probability[n]:.0%} hateful, gate {population.gate[n]:.2f}")
            st.page_link(nav.REVIEW, label="Review", icon=":material/rate_review:", query_params={"meme": str(meme.id)})
