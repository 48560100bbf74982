"""Code that client teams compile against, made from an environment's catalogue."""
