"""Live updates: views, channels and the way to those who watch."""
