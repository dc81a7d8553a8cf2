"""What all sessions share: the workbench, and its model loading in the background while people already see the page."""

from __future__ import annotations

import gc
from concurrent.futures import Future, ThreadPoolExecutor

import streamlit as st

from gatedclip import demo
from gatedclip.ui import parts
from gatedclip.workbench import Workbench


@st.cache_resource(show_spinner="Preparing the demo. This happens once.", show_time=True)
def workbench() -> Workbench:
    """The workbench; an empty one is given the demo when the small CLIP is in use."""
    opened = Workbench.open()
    if demo.wanted(opened):
        demo.seed(opened)
    return opened


@st.cache_resource(show_spinner=False)
def warm_up() -> Future[None]:
    """Starts loading the model, once per server; call it early, wait for it late."""
    return ThreadPoolExecutor(1, thread_name_prefix="model").submit(_load, workbench())


def _load(bench: Workbench) -> None:
    """Loads the model and puts it out of the garbage collector's sight.

    Streamlit collects garbage after every run, and going through all of torch each time holds up whatever else is at work.
    """
    bench.load()
    gc.collect()
    gc.freeze()


def wait_for_model(height: int = 220) -> None:
    """Shows a skeleton until the model is loaded; raises BackboneError when it cannot be."""
    loading = warm_up()
    if not loading.done():
        place = st.empty()
        with place.container():
            parts.note("Loading the model…")
            st.skeleton(height=height)
            loading.exception()  # waits
        place.empty()
    loading.result()
