"""The parts of the review screen: the picture, the words, the decision, and the model's view."""

from __future__ import annotations

import io

import streamlit as st
from PIL import Image

from gatedclip.explain.heat import heat_overlay
from gatedclip.explain.markup import legend_html, words_html
from gatedclip.types import Attribution, Label, Meme
from gatedclip.ui import desk as actions
from gatedclip.ui import parts, session
from gatedclip.ui.desk import Desk
from gatedclip.workbench import Workbench


def picture(bench: Workbench, desk: Desk, meme: Meme, heat: Attribution | None) -> None:
    """The picture, blurred until revealed, under its heat where the model's view is shown."""
    data = bench.picture(meme.picture, "full" if desk.revealed else "blurred")
    with st.container(key="picture"):
        shown = data if heat is None else _heated(data, heat, f"{meme.picture} {desk.revealed} {heat.method} {hash(heat.words)}")
        state = "shown clear" if desk.revealed else "blurred"
        st.image(shown, width="stretch", alt=f"Meme {meme.id}, {state}{', with heat' if heat else ''}")
    st.button(
        "Blur the picture" if desk.revealed else "Reveal the picture",
        key=f"reveal-{meme.id}-{desk.revealed}",
        icon=":material/visibility_off:" if desk.revealed else ":material/visibility:",
        shortcut="V",
        on_click=actions.toggle_picture,
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _heated(data: bytes, _heat: Attribution, key: str) -> bytes:
    """The picture under its heat, as JPEG; `key` stands for the heat in the cache."""
    out = io.BytesIO()
    heat_overlay(Image.open(io.BytesIO(data)).convert("RGB"), _heat).save(out, "JPEG", quality=88)
    return out.getvalue()


def words(bench: Workbench, meme: Meme, heat: Attribution | None) -> None:
    """The words, coloured where the model's view is shown, and a way to correct them."""
    if heat is None:
        parts.words(meme.text)
    else:
        st.html(words_html(heat))
        st.html(legend_html(heat.signed))
    with st.popover("Correct the words", icon=":material/edit:", type="tertiary"):
        st.button(
            "Read them off the picture",
            key=f"read-{meme.id}",
            icon=":material/document_scanner:",
            on_click=_read,
            args=(bench, meme),
        )
        _words_form(bench, meme)


def _words_form(bench: Workbench, meme: Meme) -> None:
    st.session_state.setdefault(f"text-{meme.id}", meme.text)
    with st.form(f"words-{meme.id}", border=False):
        st.text_area("Words on the meme", key=f"text-{meme.id}", max_chars=1000)
        if meme.machine_text and meme.machine_text != meme.text:
            st.text(f"Read by machine: {meme.machine_text}")
        st.form_submit_button("Save the words", on_click=_save_words, args=(bench, meme))


def _read(bench: Workbench, meme: Meme) -> None:
    """Puts what the machine reads into the box, for a person to check and save."""
    st.session_state[f"text-{meme.id}"] = session.attempt(bench.read_words, meme.id) or ""


def _save_words(bench: Workbench, meme: Meme) -> None:
    if session.attempt(bench.edit_words, meme.id, st.session_state[f"text-{meme.id}"], session.reviewer()):
        session.flash("The words are saved. What stood there before is kept on record.")


def decision(bench: Workbench, desk: Desk, meme: Meme) -> None:
    """The keys of a decision. The button keys belong to this one meme, so that no press can reach the next."""
    with st.container(horizontal=True, key="decision"):
        for label, key, icon in (
            (Label.HATEFUL, "1", "close"),
            (Label.BENIGN, "2", "check"),
            (Label.UNSURE, "3", "question_mark"),
        ):
            st.button(
                label.value.capitalize(),
                key=f"{label.value}-{desk.token}",
                icon=f":material/{icon}:",
                shortcut=key,
                type="primary" if label != Label.UNSURE else "secondary",
                on_click=actions.decide,
                args=(bench, meme, label),
            )
        st.button("Skip", key=f"skip-{desk.token}", shortcut="S", on_click=actions.skip, args=(bench, meme))
        st.button("Undo", key=f"undo-{desk.token}", icon=":material/undo:", shortcut="U", on_click=actions.undo, args=(bench,))
    st.text_input("Note", key=f"note-{desk.token}", placeholder="Why, if it is worth saying", max_chars=500, on_change="ignore")


def ask_model(desk: Desk) -> None:
    """Where the model's view is still covered."""
    parts.note(
        "The model's view stays covered until you have decided. You can uncover it now; your decision is then marked as assisted."
    )
    st.button(
        "Show the model's view", key=f"ask-{desk.token}", icon=":material/neurology:", shortcut="E", on_click=actions.show_model
    )


def last_decision(desk: Desk) -> None:
    """What was decided a moment ago, and what the model had said about it."""
    last = desk.last
    if last is None or last.label is None:
        return
    with st.container(border=True, key="last"):
        pieces = [parts.label_chip(last.label, f"meme {last.meme_id}, you: ")]
        if last.probability is not None and last.threshold is not None:
            model = Label.HATEFUL if last.probability >= last.threshold else Label.BENIGN
            pieces.append(parts.label_chip(model, f"model {last.probability:.0%}: "))
        parts.chips(*pieces)
        st.button(
            "Look back at it with the model's view",
            key=f"back-{last.id}",
            icon=":material/arrow_back:",
            shortcut="B",
            on_click=actions.look_back,
        )


def looking_back(bench: Workbench, desk: Desk) -> None:
    """The keys while a decided meme is looked at."""
    if desk.back is not None and desk.back.label is not None:
        parts.chips(parts.label_chip(desk.back.label, "you said: "))
    with st.container(horizontal=True):
        st.button("Go on", key="go-on", type="primary", icon=":material/arrow_forward:", shortcut="N", on_click=actions.go_on)
        st.button(
            "Undo this decision", key="undo-back", icon=":material/undo:", shortcut="U", on_click=actions.undo, args=(bench,)
        )
