"""The parts of the review screen: the picture, the words, the decision, and the model's view."""

from __future__ import annotations

import streamlit as st

from gatedclip.types import Attribution, Label, Meme
from gatedclip.ui import desk as actions
from gatedclip.ui import explanation, marking, parts, session
from gatedclip.ui.desk import Desk
from gatedclip.workbench import Workbench


def picture(bench: Workbench, desk: Desk, meme: Meme, heat: Attribution | None) -> None:
    """The picture, blurred until revealed; under its heat where the model's view is shown, plain while reasons are marked."""
    data = bench.picture(meme.picture, "full" if desk.revealed else "blurred")
    with st.container(key="picture"):
        alt = f"Meme {meme.id}, {'shown clear' if desk.revealed else 'blurred'}"
        if desk.marking and not desk.back:
            marking.picture(desk.draft, meme, data, alt)
        elif heat is None:
            st.container().image(data, width="stretch", alt=alt)  # where heat is laid too: the picture stays while heat comes
        else:
            explanation.lay_heat(data, heat, alt)
    st.button(
        "Blur the picture" if desk.revealed else "Reveal the picture",
        key=f"reveal-{meme.id}-{desk.revealed}",
        icon=":material/visibility_off:" if desk.revealed else ":material/visibility:",
        shortcut="V",
        on_click=actions.toggle_picture,
    )


def words(bench: Workbench, desk: Desk, meme: Meme, heat: Attribution | None) -> None:
    """The words, coloured where the model's view is shown or to pick while reasons are marked, and a way to correct them."""
    if desk.marking and not desk.back:
        marking.words(desk.draft, meme)
    else:
        explanation.coloured_words(meme.text, heat)
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


def reasons(desk: Desk, meme: Meme) -> None:
    """One's own reasons, for those who want to give them: which half decides, and what is marked so far."""
    with st.container(key="reasons"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                "Hide the marking" if desk.marking else "Mark your reasons",
                key=f"mark-{desk.token}-{desk.marking}",
                icon=":material/draw:",
                shortcut="M",
                type="tertiary",
                on_click=actions.toggle_marking,
                args=(meme,),
            )
            if marked := marking.summary(desk.draft):
                st.text(f"Marked: {marked}", width="content")
                st.button("Forget them", key=f"forget-{desk.token}", type="tertiary", on_click=actions.forget_marks)
        if desk.marking:
            st.caption("On the picture, in the words, or by one key: all of it is optional.")
            marking.halves(desk.draft)


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
        if last.wrong_reason:
            pieces.append(parts.WRONG_REASON)
        parts.chips(*pieces)
        st.button(
            "Look back at it with the model's view",
            key=f"back-{last.id}",
            icon=":material/arrow_back:",
            shortcut="B",
            on_click=actions.look_back,
        )


def looking_back(bench: Workbench, desk: Desk, meme: Meme) -> None:
    """The keys while a decided meme is looked at, and one's own reasons against the model's."""
    if desk.back is not None and desk.back.label is not None:
        parts.chips(parts.label_chip(desk.back.label, "you said: "))
    with st.container(horizontal=True):
        st.button("Go on", key="go-on", type="primary", icon=":material/arrow_forward:", shortcut="N", on_click=actions.go_on)
        st.button(
            "Undo this decision", key="undo-back", icon=":material/undo:", shortcut="U", on_click=actions.undo, args=(bench,)
        )
    if desk.back is not None:
        marking.comparison(bench, desk.back, meme, revealed=desk.revealed)
