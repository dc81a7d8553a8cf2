"""The AUROC that single slices of the held-out memes have to reach, in place of the bar of all slices."""

from __future__ import annotations

import streamlit as st

from gatedclip.ui import parts, session
from gatedclip.workbench import Workbench


def show(bench: Workbench, able: bool) -> None:
    """The floor of each slice that has its own; leads set and remove them."""
    st.subheader("Floors of single slices", anchor=False)
    now = bench.bars()
    if now.slices:
        parts.facts({name: f"AUROC reaches {floor:g}" for name, floor in sorted(now.slices.items())})
    else:
        st.caption("No slice has a floor of its own.")
    if able:
        _edit(bench)


def _edit(bench: Workbench) -> None:
    now = bench.bars()
    names = list(dict.fromkeys([*bench.slices(), *now.slices]))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Slice", names, format_func=parts.plain, key="floor-slice", width=280)
        floor = float(now.slices.get(name, now.slice_auroc))
        key = f"floor-{names.index(name)}-{floor:g}"
        st.number_input("Its AUROC reaches", 0.0, 1.0, floor, 0.01, format="%g", key=key, width=160)
        st.button("Save this floor", key="save-floor", on_click=_save, args=(bench, name, key))
        st.button("Remove it", key="remove-floor", disabled=name not in now.slices, on_click=_remove, args=(bench, name))


def _save(bench: Workbench, name: str, key: str) -> None:
    floor = float(st.session_state[key])
    said = f"On {name} the AUROC has to reach {floor:g} from now on."
    session.act(said, bench.choose_floor, name, floor, session.reviewer())


def _remove(bench: Workbench, name: str) -> None:
    session.act(f"On {name} the bar of all slices holds again.", bench.choose_floor, name, None, session.reviewer())
