"""Head versions: choosing one, making it serve, going back, and the record of who did so."""

from __future__ import annotations

from functools import partial

import streamlit as st

from gatedclip.types import HeadVersion, Promotion
from gatedclip.ui import again, parts, promotion, report, session
from gatedclip.workbench import Workbench


def choose(bench: Workbench, versions: list[HeadVersion]) -> HeadVersion:
    """All versions as a table, newest first; the selected one, else the newest."""
    promoted = {p.version_id for p in bench.promotions()}
    shown = {
        "head": [v.name for v in versions],
        "state": ["serves" if v.champion else "served before" if v.id in promoted else "candidate" for v in versions],
        "parent": [f"v{v.parent_id}" if v.parent_id else "" for v in versions],
        "base": [v.data.get("base", 0) for v in versions],
        "decisions": [v.data.get("decisions", 0) for v in versions],
        "held-out AUROC": [v.metrics["test"]["auroc"]["value"] if "test" in v.metrics else None for v in versions],
        "against its parent": [f"{v.report['change']['value']:+.3f}" if v.report else "" for v in versions],
        "by": [v.created_by for v in versions],
        "when": [parts.when(v.created_at) for v in versions],
    }
    three_digits = {"held-out AUROC": st.column_config.NumberColumn(format="%.3f")}
    row = parts.pick(shown, len(versions), key="versions", alt="Head versions, newest first", column_config=three_digits)
    return versions[row or 0]


def actions(bench: Workbench, version: HeadVersion) -> None:
    """Promote the chosen head, or go back to the one that served before."""
    with st.container(horizontal=True):
        if not version.champion:
            promotion.offer(bench, version)
        st.button(
            "Roll back",
            key="roll-back",
            icon=":material/undo:",
            disabled=len(bench.promotions()) < 2 or not promotion.may(bench),
            help="The head that served before serves again." if promotion.may(bench) else promotion.LEADS_ONLY,
            on_click=_roll_back,
            args=(bench,),
        )
    if not version.champion:
        promotion.ruled(bench, version)


def _roll_back(bench: Workbench) -> None:
    if made := session.attempt(bench.roll_back, session.reviewer()):
        session.flash(f"Rolled back: v{made.version_id} serves again.")


def detail(bench: Workbench, version: HeadVersion) -> None:
    st.header(f"Head {version.name}{', serving' if version.champion else ''}", anchor=False)
    report.show(bench, version)
    _card(bench, version)
    again.show(bench, version)


def _card(bench: Workbench, version: HeadVersion) -> None:
    """The version card to take along; made when it is asked for."""
    with st.container(horizontal=True):
        for label, form, ending in (("Version card (HTML)", "html", "html"), ("Version card (Markdown)", "markdown", "md")):
            st.download_button(
                label,
                partial(bench.card, version, form),  # type: ignore[arg-type]
                f"{version.name}.{ending}",
                on_click="ignore",
                key=f"card-{version.id}-{form}",
                icon=":material/download:",
                type="tertiary",
            )


def promotions(bench: Workbench) -> None:
    """Who made which head serve, newest first."""
    with st.expander("Record of promotions", icon=":material/history_edu:"):
        events = bench.promotions()
        st.dataframe(
            {
                "when": [parts.when(p.at) for p in events],
                "who": [p.by for p in events],
                "what": [_what(p) for p in events],
                "head": [f"v{p.version_id}" for p in events],
                "reason": [p.reason for p in events],
                "although": [", ".join(r["rule"] for r in p.verdict.get("refusals", ())) for p in events],
            },
            hide_index=True,
            alt="Promotions, newest first",
        )


def _what(event: Promotion) -> str:
    if event.rollback:
        return "rolled back to"
    return "⚠ promoted all the same" if event.override else "promoted"
