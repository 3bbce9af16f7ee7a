"""Word: put what was judged into the reader's language, once.

`wording` makes a `Document` of a Report; `catalogue` makes an `Entry` of what is known; `labels`
has the few words that belong to neither. Renderers lay a Document out and never word anything.
"""
