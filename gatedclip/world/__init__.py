"""MemeWorld: a controlled world of benign memes in which the truth behind every label is known."""
