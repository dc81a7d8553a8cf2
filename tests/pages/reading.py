"""A page as its reader meets it."""

import html


def said(app) -> str:
    """All HTML and plain text of the page and its sidebar, entities read."""
    return html.unescape(" ".join([*(h.proto.body for h in app.get("html")), *(t.value for t in app.text)]))


def button(app, label):
    """The first button of this name."""
    return next(b for b in app.button if b.label == label)
