"""What shoppers are shown and asked: surveys, cards and the looks of screens, by place."""
