"""Visits that go on on the shopper's own phone: questions, a wish to be answered, and how to take it back."""
