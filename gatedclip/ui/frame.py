"""What stands around every screen: who reviews, which head serves, what waits, and errors said in plain words."""

from __future__ import annotations

import logging

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from gatedclip.config import ASSETS
from gatedclip.errors import GatedCLIPError
from gatedclip.types import Split, Status
from gatedclip.ui import desk, identity, loaders, nav, parts, session
from gatedclip.workbench import Workbench

log = logging.getLogger(__name__)


def show(page: StreamlitPage) -> None:
    """Draws the frame and runs the page in it."""
    st.html(ASSETS / "style.css")
    try:
        bench = loaders.workbench()
        loaders.warm_up()
        if not identity.enter(bench):
            session.show_flash()
            return
        with st.sidebar:
            identity.show(bench)
            _state(bench)
        st.title(page.title, anchor=False)
        if bench.demo:
            _banner()
        session.show_flash()
        if page.url_path:  # any page but the first, which is the review page
            desk.leave(bench)
        with nav.framed():
            page.run()
    except GatedCLIPError as error:
        parts.problem(str(error))
    except Exception:
        log.exception("a page failed")
        parts.problem(
            "Something went wrong on this page. Nothing you saved is lost; reload to go on. The server's log has the details."
        )


def _state(bench: Workbench) -> None:
    queue, champion = bench.tally()[Split.QUEUE], bench.champion()
    serving = f"head {champion.name}" if champion else "no head yet"
    encoder = "small CLIP of MemeWorld" if bench.demo else bench.settings.backbone
    parts.facts(
        {
            "Waiting": f"{queue[Status.WAITING] + queue[Status.SKIPPED]:,}",  # a skipped meme waits for someone else
            "Decided": f"{queue[Status.DECIDED]:,}",
            "Model": f"{serving}, {encoder}",
        }
    )


def _banner() -> None:
    st.caption(
        ":material/toys: The model in use is a small CLIP that knows only MemeWorld, a drawn world where *mean* stands in for "
        "*hateful*. Its scores on real memes mean nothing; the README tells how to use a real CLIP."
    )
