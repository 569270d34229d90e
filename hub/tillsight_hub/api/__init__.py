"""The HTTP API: one router a subject, each under /api/v1 unless it says otherwise."""
