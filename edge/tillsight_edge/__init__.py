"""Everything that runs at the till: buttons and sensors, the outbox, and the way to the hub."""
