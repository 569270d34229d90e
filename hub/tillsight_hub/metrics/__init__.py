"""Metrics: every number that Tillsight shows, each with its formula, interval and minimum n.

`catalogue` lists them, `registry` says what a metric is, `counts` and `answers` what it is made of. Modules
with a list of metrics (`responses`, `relative`, `silence`, `activity`, `emotion`, `questionnaires`) put
counts into formulas; the other modules hold the formulas, on plain numbers, for whoever needs them.
"""
