"""Use cases: one asynchronous function each. They authorise, load, ask the rule, save, and return its values."""
