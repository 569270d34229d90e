"""Charts: one definition each, drawn in the browser and on paper."""
