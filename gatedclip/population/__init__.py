"""What a head version says of many memes at once: columns and filters, the alarm of a gate that no longer weighs, measures.

Only `measure` loads torch, so that a page may import the others before the model is there.
"""
