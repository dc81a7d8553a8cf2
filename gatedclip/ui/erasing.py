"""Erasing a meme or a person's decisions, which cannot be taken back: only what is typed out is done."""

from __future__ import annotations

import streamlit as st

from gatedclip.types import HeadVersion
from gatedclip.ui import session
from gatedclip.workbench import Workbench


def meme(bench: Workbench, meme_id: int) -> None:
    """Asks for the meme's number, then erases it."""
    st.text(
        f"Meme {meme_id}, its picture, its words and what was said about it are removed for good. The record keeps only that it "
        "was there."
    )
    with st.form(f"erase-{meme_id}", border=False):
        st.text_input(f"Type {meme_id:d} to erase meme {meme_id:d}", key=f"erase-{meme_id}-sure")
        st.form_submit_button("Erase the meme", icon=":material/delete_forever:", on_click=_erase_meme, args=(bench, meme_id))


def _erase_meme(bench: Workbench, meme_id: int) -> None:
    if st.session_state[f"erase-{meme_id}-sure"].strip() != str(meme_id):
        session.flash(f"Nothing was erased: type {meme_id} to show that you mean this meme.", problem=True)
        return
    learned = session.attempt(bench.erase, meme_id, session.reviewer())
    if learned is not None:
        session.flash(f"Meme {meme_id} is erased. {_say(learned)}")


def person(bench: Workbench, name: str) -> None:
    """Asks for the person's name, then takes their decisions back and their name off the record."""
    st.text(
        f"The decisions of {name} count as if they had never been, their name goes from the record, and they are nobody here any "
        "more. Memes that only they had decided wait again."
    )
    with st.form(f"erase-person-{name}", border=False):
        st.text_input("Type their name to erase them", key=f"erase-person-{name}-sure")
        st.form_submit_button("Erase the person", icon=":material/delete_forever:", on_click=_erase_person, args=(bench, name))


def _erase_person(bench: Workbench, name: str) -> None:
    if st.session_state[f"erase-person-{name}-sure"].strip() != name:
        session.flash(f"Nobody was erased: type {name} to show that you mean this person.", problem=True)
        return
    learned = session.attempt(bench.erase_person, name, session.reviewer())
    if learned is not None:
        session.flash(f"The person is erased. {_say(learned)}")


def _say(learned: list[HeadVersion]) -> str:
    if not learned:
        return "No head had learned from it."
    return f"Learned from it: {', '.join(version.name for version in learned)}. Retrain, so that nothing of it is left in a head."
