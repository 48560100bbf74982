"""The interfaces of Stripe and of Paygentic over the same use cases that GraphQL's operations carry out."""
