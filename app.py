"""GatedCLIP workbench: `streamlit run app.py`. The router: navigation and frame."""

from gatedclip.ui import frame, nav

frame.show(nav.build())
