"""What hostile and careless clients send, and what must become of it. Source: HARDENING, the table of attacks."""
