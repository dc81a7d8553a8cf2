"""The upper part of the lab: a meme beside its variant, what the change did, the pins, and keeping the two as a pair."""

from __future__ import annotations

import streamlit as st

from gatedclip.explain.markup import gate_html
from gatedclip.types import Answer, Label, Meme, Probe, Split, Status
from gatedclip.ui import explanation, nav, nearby, parts, trial
from gatedclip.ui.intake import PICTURES
from gatedclip.ui.trial import Trial
from gatedclip.workbench import Workbench

SIDE = 720  # pixels of a picture under heat: two stand side by side
FOUND = 40  # memes listed when looking for another


# --- which meme -----------------------------------------------------------------------------------------------------


def chooser(bench: Workbench, here: Trial, meme: Meme) -> None:
    """Which meme is tried, and the ways to another."""
    parts.chips(
        parts.label_chip(meme.label or meme.given, f"meme {meme.id}, {meme.split.value}: "),
    )
    which = trial.chosen()
    with st.container(horizontal=True, key="chooser"):
        for name, icon, forward in (("Previous", "arrow_back", False), ("Next", "arrow_forward", True)):
            beside = bench.beside(meme.id, which, forward)
            st.button(
                name, key=f"lab-{name}", icon=f":material/{icon}:", disabled=beside is None, on_click=trial.go, args=(beside,)
            )
        with st.popover("Find a meme", icon=":material/search:"):
            _search(bench, meme)
        st.button(
            "Blur the pictures" if here.revealed else "Reveal the pictures",
            key=f"lab-reveal-{meme.id}-{here.revealed}",
            icon=":material/visibility_off:" if here.revealed else ":material/visibility:",
            shortcut="V",
            on_click=trial.toggle_pictures,
        )
    if meme.split == Split.QUEUE and meme.status != Status.DECIDED:
        parts.note(
            "This meme waits for a decision, and the lab shows the model's view. If you want to judge it blind, decide it on the "
            "review page first."
        )


def _search(bench: Workbench, meme: Meme) -> None:
    st.selectbox("Among", list(trial.AMONG), key="lab-among", persist_state="session")
    st.text_input("Words contain", key="lab-search", type="search", persist_state="session")
    memes = bench.memes(trial.chosen(), FOUND)
    if not memes:
        parts.note("No meme fits.")
        return
    shown = {
        "meme": [m.id for m in memes],
        "label": [parts.label_text(m.label or m.given) for m in memes],
        "words": [m.text for m in memes],
    }
    row = parts.pick(shown, len(memes), key=f"lab-found-{meme.id}", alt="Memes that fit; select one to try it", height=300)
    if row is not None:
        trial.go(memes[row])
        st.rerun()


# --- the variant ----------------------------------------------------------------------------------------------------


def editor(bench: Workbench, here: Trial, meme: Meme) -> None:
    """The words to edit and the picture to swap. What is typed counts as soon as the box is left."""
    st.session_state.setdefault(here.box, here.variant.text)
    st.text_input(
        "Words of the variant", key=here.box, max_chars=1000, on_change=trial.reword, help="Enter, or leave the box, to see it."
    )
    with st.container(horizontal=True, vertical_alignment="center", key="variant-actions"):
        with st.popover("Another picture", icon=":material/image:"):
            st.file_uploader(
                "Drop a picture; it is not stored unless you keep the variant",
                PICTURES,
                key=here.zone,
                on_change=trial.drop,
                args=(bench,),
            )
            st.caption("Pictures of the collection can be tried from the confounders below.")
        changed = here.variant != Probe.of(meme)
        st.button("Pin this variant", key="lab-pin", icon=":material/keep:", on_click=trial.pin, args=(here.variant,))
        st.button(
            "Back to the original",
            key="lab-back",
            icon=":material/restart_alt:",
            disabled=not changed,
            on_click=trial.start_over,
            args=(meme,),
        )
        st.toggle("Heat", key="lab-heat", value=True)


def side_by_side(bench: Workbench, here: Trial, meme: Meme) -> None:
    """The meme and its variant with what the model says of both, and what the change did."""
    was, now = bench.ask(Probe.of(meme)), bench.ask(here.variant)
    changed = here.variant != Probe.of(meme)
    if changed:
        parts.note(trial.say_change(was.prediction, now.prediction))
    left, right = st.columns(2, gap="large")
    with left, st.container(key="lab-original"):
        st.html('<h2 class="gc-h">Original</h2>')
        _side(bench, here, Probe.of(meme), was, f"Meme {meme.id}")
    with right, st.container(key="lab-variant"):
        st.html('<h2 class="gc-h">Variant</h2>')
        _side(bench, here, here.variant, now, f"Variant of meme {meme.id}")
    if here.variant.text != meme.text:
        parts.note(
            "Editing the words does not redraw the picture: words drawn on it stay there, and the picture's half of the model "
            "still sees them."
        )
    if changed:
        with st.expander("The change in numbers", icon=":material/table:"):
            _numbers(was, now)


def _side(bench: Workbench, here: Trial, probe: Probe, answer: Answer, name: str) -> None:
    """One of the two, its verdict first: heat takes a moment longer."""
    said = answer.prediction
    parts.verdict(said, warn=False)  # a warning here would push one picture below the other
    picture, words = st.empty(), st.empty()
    st.html(gate_html(said.gate, said.share))
    st.text(answer.ledger.sentence)
    if said.outside:
        parts.outside(said)
    heat = bench.heat(probe) if st.session_state.get("lab-heat", True) else None
    data = bench.probe_picture(probe, "full" if here.revealed else "blurred")
    covered = "shown clear" if here.revealed else "blurred"
    with picture:
        shown = data if heat is None else explanation.heated(data, heat, side=SIDE)
        st.image(shown, width="stretch", alt=f"{name}, {covered}{', with heat' if heat else ''}")
    with words.container():
        explanation.coloured_words(probe.text, heat)


def _numbers(was: Answer, now: Answer) -> None:
    before, after = was.prediction, now.prediction
    shares = [
        ("likely hateful", before.probability, after.probability),
        ("gate: weight on the picture", before.gate, after.gate),
        ("the picture's share", before.share, after.share),
        ("hateful without the picture", was.ledger.without_picture, now.ledger.without_picture),
        ("hateful without the words", was.ledger.without_words, now.ledger.without_words),
    ]
    logits = [
        ("logit", before.margin, after.margin),
        ("from the picture alone", was.ledger.margin.picture_alone, now.ledger.margin.picture_alone),
        ("from the words alone", was.ledger.margin.words_alone, now.ledger.margin.words_alone),
        ("from both only together", was.ledger.margin.interaction, now.ledger.margin.interaction),
    ]
    parts.table(
        ("", "original", "variant", "change"),
        [(name, f"{a:.0%}", f"{b:.0%}", f"{round(100 * (b - a)):+d} points") for name, a, b in shares]
        + [(name, f"{a:+.2f}", f"{b:+.2f}", f"{b - a:+.2f}") for name, a, b in logits],
    )


def keep(bench: Workbench, here: Trial, meme: Meme) -> None:
    """Storing the variant beside its original, with what the person says is true of it."""
    if here.variant == Probe.of(meme):
        return
    with st.container(border=True, key="lab-keep"):
        st.html('<h2 class="gc-h">Keep the two as a contrast pair</h2>')
        parts.chips(parts.label_chip(meme.label or meme.given, "the original: "))
        st.text(
            "If the change turns what is true, the model should learn it. The variant becomes a meme of the same family, decided "
            "by you, and the next training learns from it. Its decision can be undone in the history."
        )
        if meme.split in (Split.VALIDATION, Split.TEST):
            parts.note(
                f"The original is a {meme.split.value} meme. A variant that shares its picture or words is stored, but not "
                "learned from, so that what is measured stays honest."
            )
        with st.container(horizontal=True):
            for label, icon in ((Label.HATEFUL, "close"), (Label.BENIGN, "check")):
                st.button(
                    f"Keep it as {label.value}",
                    key=f"lab-keep-{label.value}-{here.box}",
                    icon=f":material/{icon}:",
                    on_click=trial.save,
                    args=(bench, meme, label),
                )
            if here.saved:
                st.page_link(nav.HISTORY, label="See it in the history", icon=":material/history:")


def pins(bench: Workbench, here: Trial) -> None:
    """The variants pinned beside this meme, each with what the model says of it now."""
    if not here.pinned:
        return
    st.html('<h2 class="gc-h">Pinned variants</h2>')
    with st.container(key="lab-pins"):
        for n, (place, probe) in enumerate(zip(parts.grid(len(here.pinned)), here.pinned, strict=True)):
            said = bench.ask(probe).prediction
            with place, st.container(border=True, height="stretch"):
                nearby.thumbnail(bench, probe, here.revealed, f"Pinned variant {n + 1}")
                parts.words(probe.text, small=True)
                parts.chips(parts.label_chip(said.label, f"{said.probability:.0%} "))
                parts.words(f"gate {said.gate:.0%}", small=True)
                with st.container(horizontal=True):
                    st.button("Try", key=f"lab-try-pin-{n}", on_click=here.take, args=(probe,))
                    st.button("Unpin", key=f"lab-unpin-{n}", type="tertiary", on_click=trial.unpin, args=(probe,))
