"""Cases: what somebody has to look after until it is closed, and who does."""
