"""What edge and hub agree on: events, topics, rating scales, delivery, configuration files."""

__version__ = "0.1.0"
