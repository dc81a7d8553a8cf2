"""The parts of the review screen: the picture, the words, the decision, what others said, and the model's view."""

from __future__ import annotations

import streamlit as st

from gatedclip.types import Action, Attribution, Decision, Label, Meme, Preferences
from gatedclip.ui import desk as actions
from gatedclip.ui import explanation, marking, parts, protection, session
from gatedclip.ui.desk import SKIPS, Desk
from gatedclip.workbench import Workbench


def queue(bench: Workbench, desk: Desk) -> str:
    """The named queue to take memes from, kept in the address; "" for everything that waits, or where none is named."""
    names = [rule.name for rule in bench.team.rules()]
    if not names:
        return ""
    return (
        st.selectbox(
            "Queue",
            ["", *names],
            format_func=lambda name: name or "everything that waits",
            key="queue",
            bind="query-params",
            width=260,
            on_change=_another_queue,
            args=(bench, desk),
        )
        or ""
    )


def _another_queue(bench: Workbench, desk: Desk) -> None:
    if desk.meme_id is not None:
        actions.step_aside(bench, bench.meme(desk.meme_id))


def picture(bench: Workbench, desk: Desk, meme: Meme, heat: Attribution | None, wish: Preferences) -> None:
    """The picture as this person wants it: folded, or blurred until revealed; under its heat where the model's view is shown,
    plain while reasons are marked."""
    if _folded(desk, wish):
        return
    data = bench.picture(meme.picture, protection.variant(wish, desk.revealed))
    with st.container(key="picture"):
        alt = f"Meme {meme.id}, {'shown clear' if desk.revealed else 'blurred'}"
        if desk.marking and not desk.back:
            marking.picture(desk.draft, meme, data, alt)
        elif heat is None:
            st.container().image(data, width="stretch", alt=alt)  # where heat is laid too: the picture stays while heat comes
        else:
            explanation.lay_heat(data, heat, alt)


def _folded(desk: Desk, wish: Preferences) -> bool:
    """Whether the picture waits to be asked for, because the words are wanted first."""
    return wish.text_first and not (desk.unfolded or desk.revealed)


def asked(bench: Workbench, meme: Meme) -> None:
    """Why this meme is asked now, in words that do not tell what the model says of it; nothing where it is simply the oldest."""
    if pick := bench.pick_of(meme.id):
        parts.words(f"asked {pick.asked}", small=True)


def picture_key(desk: Desk, meme: Meme, wish: Preferences) -> None:
    """One key that unfolds the picture, reveals it, and blurs it again."""
    if _folded(desk, wish):
        st.button(
            "Show the picture, blurred",
            key=f"unfold-{meme.id}",
            icon=":material/image:",
            shortcut="V",
            on_click=actions.unfold_picture,
        )
        return
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
    with st.container(horizontal=True, key="passing"):
        _passing(bench, desk, meme)
        st.button(
            "Undo",
            key=f"undo-{desk.token}",
            icon=":material/undo:",
            shortcut="U",
            type="tertiary",
            on_click=actions.undo,
            args=(bench, meme),
        )


def _passing(bench: Workbench, desk: Desk, meme: Meme) -> None:
    """Leaving the meme to somebody else: to anyone with a reason, or to a lead."""
    st.button("Skip", key=f"skip-{desk.token}", shortcut="S", type="tertiary", on_click=actions.skip, args=(bench, meme))
    menu = f"skip-as-{desk.token}"
    st.menu_button("Skip because", SKIPS, key=menu, type="tertiary", on_click=actions.skip, args=(bench, meme, menu))
    if not meme.status.for_a_lead:
        st.button(
            "Escalate",
            key=f"escalate-{desk.token}",
            icon=":material/priority_high:",
            shortcut="G",
            type="tertiary",
            on_click=actions.escalate,
            args=(bench, meme),
        )


def disputed(bench: Workbench, meme: Meme) -> None:
    """What the others said about a meme that waits for a lead."""
    if not meme.status.for_a_lead:
        return
    with st.container(border=True, key="disputed"):
        parts.note("This meme waits for a lead: your decision settles it.")
        for event in bench.disputed(meme, session.reviewer()):
            _said(event)


def _said(event: Decision) -> None:
    if event.action is Action.DECIDE:
        parts.chips(parts.label_chip(event.label, f"{event.reviewer}: "))
    else:
        st.text(f"{event.reviewer} asked for a lead")
    if event.tags:
        parts.words("; ".join(", ".join(chosen) for chosen in event.tags.values()), small=True)
    if event.note:
        parts.words(f"“{event.note}”", small=True)


def copies(bench: Workbench, desk: Desk, meme: Meme) -> None:
    """A decided meme that this one repeats, and one key to say the same; not where an answer of one's own is wanted."""
    if meme.others_only or meme.status.for_a_lead:
        return
    decided = [(other, made) for other, made in bench.copies_of(meme) if made is not None and made.label is not None]
    if not decided:
        return
    other, made = decided[-1]
    with st.container(border=True, key="copy"):
        left, right = st.columns([1, 3])
        with left:
            parts.thumbnail(bench, other)
        with right:
            parts.chips(parts.label_chip(made.label, f"a copy of meme {other.id}, decided "))
            st.button(
                "Decide the same",
                key=f"copy-{desk.token}",
                icon=":material/content_copy:",
                shortcut="D",
                on_click=actions.decide,
                args=(bench, meme, made.label, made),
            )


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
    if desk.assisted:
        parts.note("You have seen what the model says of this meme, so your decision is marked as assisted.")
    else:
        parts.note(
            "The model's view stays covered until you have decided. You can uncover it now; your decision is then marked as "
            "assisted."
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
