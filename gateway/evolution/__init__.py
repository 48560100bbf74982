"""How the public schema may change: what clients that were shipped live through, and what they don't."""
