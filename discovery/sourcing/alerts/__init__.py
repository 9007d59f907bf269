"""When a user is told of a pick, over which channels, and that it arrives."""
