"""Documents that a request names instead of sending: how it names them, where they are kept, how they get there."""
