"""What a caller may spend in a while."""
