"""Stripe as a source: what an account tells, by lists and by events, and the facts that follow from it."""
