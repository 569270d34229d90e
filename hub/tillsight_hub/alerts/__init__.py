"""Alerts: is a touchpoint worse than it usually is at this hour, and how often is that said for nothing?"""
