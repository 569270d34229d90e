"""What keeps the data good: the boxes, what was heard from where, and what somebody should do about it."""
