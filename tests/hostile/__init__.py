"""Input that is wrong by accident or by intent, the whole way, on both databases."""
