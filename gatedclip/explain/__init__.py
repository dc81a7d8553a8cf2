"""Why the model said it: attributions, shares of picture and words, what-if of the gate, and how they are said and drawn.

`say`, `heat`, `markup` and `serialise` load no torch, so that a page may import them before the model is there.
"""
