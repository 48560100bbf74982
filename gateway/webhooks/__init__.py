"""Delivering webhooks: when, signed how, to which addresses, and what is made of the answers."""
