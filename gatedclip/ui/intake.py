"""Bringing memes: pictures and archives by dropping, datasets as a zip; words typed or read; a receipt for every file."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from gatedclip.intake import Use
from gatedclip.types import Receipt
from gatedclip.ui import parts, session
from gatedclip.workbench import Workbench

PICTURES = ["png", "jpg", "jpeg", "webp", "gif"]
READ, TYPE = "Read the words from each picture", "I type the words"
USES: dict[Use, str] = {
    "review": "Review: people label them",
    "base": "Base set: labelled memes to learn from, split by family into train, validation and test",
    "train": "Train only",
    "validation": "Validation only",
    "test": "Held-out test only",
}
_RECEIPT = "_receipt"


def form(bench: Workbench) -> None:
    """Both ways in, and what became of the last files brought."""
    pictures, datasets = st.tabs(["Pictures", "Dataset"])
    with pictures:
        _pictures(bench)
    with datasets:
        _dataset(bench)
    if (found := st.session_state.get(_RECEIPT)) is not None:
        parts.receipt(found)
        _known(bench, found)


def _pictures(bench: Workbench) -> None:
    with st.form("bring-pictures", border=False, clear_on_submit=True):
        files = st.file_uploader(
            "PNG, JPEG, WebP or GIF pictures, or zip archives of them",
            [*PICTURES, "zip"],
            accept_multiple_files=True,
            key="files",
        )
        how = st.radio("Words", [READ, TYPE], horizontal=True, key="how-words")
        typed = st.text_area("Words on the picture (if you type them)", key="typed-words", max_chars=1000, height=80)
        if st.form_submit_button("Add to the queue", type="primary", icon=":material/add:") and files:
            brought = [(f.name, f.getvalue()) for f in files]
            _take(lambda progress: bench.upload(brought, typed if how == TYPE else None, progress))


def _dataset(bench: Workbench) -> None:
    with st.form("bring-dataset", border=False, clear_on_submit=True):
        file = st.file_uploader(
            "A zip with a .jsonl of {id, img, text, label} and its pictures (Hateful Memes layout)", ["zip"], key="dataset"
        )
        use = st.selectbox("What for", list(USES), format_func=USES.__getitem__, key="use")
        if st.form_submit_button("Import", type="primary", icon=":material/database_upload:") and file:
            _take(lambda progress: bench.import_archive(file.name, file.getvalue(), use, progress))


def _take(work: Callable[[Callable[[float, str], None]], Receipt]) -> None:
    """Runs an intake under a progress bar and keeps its receipt for this tab."""
    bar = st.progress(0.0)
    line = st.empty()

    def progress(fraction: float, message: str) -> None:
        bar.progress(min(1.0, fraction))
        line.text(message)

    st.session_state[_RECEIPT] = session.attempt(work, progress)
    st.rerun()


def _known(bench: Workbench, found: Receipt) -> None:
    """Pictures that were here already, with the decision they had."""
    if not found.known:
        return
    st.caption("Here already:")
    for place, meme in zip(parts.grid(len(found.known[:12])), bench.look_up(found.known[:12]), strict=False):
        with place:
            parts.thumbnail(bench, meme)
            parts.chips(parts.label_chip(meme.label))
