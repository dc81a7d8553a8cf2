"""GatedCLIP workbench: `streamlit run app.py`. The router: page config, navigation, frame."""

import streamlit as st

from gatedclip.ui import frame, nav

# The icon is a file of ours and set before the navigation, so that the browser fetches none from outside.
st.set_page_config(page_title="GatedCLIP workbench", page_icon="assets/icon.png", layout="wide", initial_sidebar_state=240)
frame.show(nav.build())
