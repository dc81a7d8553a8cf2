"""Named queues: which waiting memes each holds, and the scores that some of them choose by."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from gatedclip.types import QueueRule
from gatedclip.ui import loaders, parts, session
from gatedclip.workbench import Workbench


def show(bench: Workbench) -> None:
    """The queues with what waits in each, a form to change them, and scoring."""
    rules = bench.team.rules()
    if rules:
        st.dataframe(
            {
                "queue": [rule.name for rule in rules],
                "waiting": [bench.waiting(rule) for rule in rules],
                "source": [rule.source or "any" for rule in rules],
                "theme": [rule.theme or "any" for rule in rules],
                "family": [rule.family or "any" for rule in rules],
                "score": [f"{rule.low:.0%} to {rule.high:.0%}" for rule in rules],
                "answers": [rule.answers for rule in rules],
            },
            hide_index=True,
            alt="Named queues and what waits in each",
        )
    else:
        parts.note("There is one queue: everything that waits, oldest first. Named queues hold a part of it.")
    if bench.team.may(session.reviewer(), "assign"):
        with st.expander("Change the queues", icon=":material/tune:", expanded=not rules):
            _form(bench, rules)
    else:
        parts.note("Leads and admins change the queues.")
    _scoring(bench)


def _form(bench: Workbench, rules: list[QueueRule]) -> None:
    sources = ["", *bench.sources()]
    start = f"queues-{len(rules)}"
    with st.form(start, border=False):
        for n, rule in enumerate([*rules, QueueRule("")]):
            with st.container(border=True):
                _rule(f"{start}-{n}", n, rule, sources)
        st.caption("A queue whose name is left empty is dropped. Rules left empty fit every meme.")
        st.form_submit_button("Save the queues", type="primary", on_click=_save, args=(bench, rules))


def _rule(key: str, n: int, rule: QueueRule, sources: list[str]) -> None:
    left, right = st.columns(2)
    known = sources if rule.source in sources else [*sources, rule.source]
    with left:
        st.text_input(f"Name of queue {n + 1:d}", rule.name, key=f"{key}-name", max_chars=60)
        st.selectbox("Came from", known, known.index(rule.source), format_func=lambda s: s or "anywhere", key=f"{key}-source")
        st.slider("Probability of hateful, %", 0, 100, (round(100 * rule.low), round(100 * rule.high)), key=f"{key}-band")
    with right:
        st.text_input("Theme", rule.theme, key=f"{key}-theme", placeholder="any", max_chars=80)
        st.text_input("Family", rule.family, key=f"{key}-family", placeholder="any", max_chars=80)
        st.number_input("People who answer each meme", 1, 9, rule.answers, key=f"{key}-answers")


def _save(bench: Workbench, rules: list[QueueRule]) -> None:
    start, state, new = f"queues-{len(rules)}", st.session_state, []
    for n in range(len(rules) + 1):
        key = f"{start}-{n}"
        low, high = state[f"{key}-band"]
        if name := state[f"{key}-name"].strip():
            rule = QueueRule(
                name,
                source=state[f"{key}-source"],
                family=state[f"{key}-family"].strip(),
                theme=state[f"{key}-theme"].strip(),
                low=low / 100,
                high=high / 100,
                answers=state[f"{key}-answers"],
            )
            new.append(rule)
    session.act(f"Saved: {len(new)} named queues.", bench.team.write_rules, new, session.reviewer())


def _scoring(bench: Workbench) -> None:
    """Scores are kept beside the memes, as asking the model about all of them takes a while."""
    st.caption("Queues with a score band hold only memes that the serving head has scored.")
    if st.button("Score what waits", key="score-queue", icon=":material/speed:"):
        loaders.wait_for_model()
        bar = st.progress(0.0)
        done = bench.score_queue(lambda fraction, _: _move(bar, fraction))
        bar.empty()
        parts.note(f"{done:,} memes were scored; all that wait have a score by the head that serves.")


def _move(bar: DeltaGenerator, fraction: float) -> None:
    bar.progress(fraction)
