"""The documentation's pages, and in `making/` what is made for them."""
