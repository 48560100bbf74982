"""GraphiQL in a real browser, from a wheel. Run by themselves: they need Chromium, and install all of the lock file."""
