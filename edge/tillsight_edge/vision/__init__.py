"""The device's eyes: frames become counts and shares here, and no frame leaves this package."""
