"""The demonstration data: a software company's catalogue and two hundred customers, two years of history."""
