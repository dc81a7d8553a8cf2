"""Plotly figures from types. They carry no background and no text colour, so that they follow the page, light or dark.

Each returns the figure alone; what it shows is also said in its `layout.meta["alt"]`, for screen readers.
"""
