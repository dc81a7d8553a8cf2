"""Team: who is here, how well do we agree, what do we judge by, how does the work go, is the record sound?"""

import streamlit as st

from gatedclip.ui import loaders, nav, team

nav.require_frame()

section = st.segmented_control("Look at", list(team.SECTIONS), default="People", required=True, key="team", bind="query-params")
team.SECTIONS[section or "People"](loaders.workbench())
