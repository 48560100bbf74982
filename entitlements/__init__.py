"""The rule: from facts, each with its instants, to what a customer may use at any instant.

Pure: no input or output, no clock, standard library only. `README.md` beside this file defines every term.
"""
