"""Metrics: every number that Tillsight shows, each with its formula, interval and minimum n."""
