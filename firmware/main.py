"""Lies on the board as /main.py, which MicroPython runs at its start."""

from tillsight_panel.main import run

run()
