"""What the law and good manners ask of a chain, kept by the hub itself: declarations, notices, retention."""
