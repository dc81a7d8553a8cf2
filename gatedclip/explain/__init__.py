"""Why the model said it: attributions, shares of picture and words, what-if of the gate, and how they are said and drawn.

Only `attribution`, `integrated`, `quick`, `score` and `modality` load torch; `say`, `heat`, `markup` and `serialise` do not, so pages may
import them.
"""
