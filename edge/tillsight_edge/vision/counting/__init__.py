"""From boxes to contacts, visitors and a queue."""
