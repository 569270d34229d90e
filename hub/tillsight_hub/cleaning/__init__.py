"""Cleaning: presses that are no answer of a customer get labels, which can be taken away again."""
