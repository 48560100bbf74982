"""Who is asking: API keys, customers' sessions, and tokens of the company's own sign-in."""
