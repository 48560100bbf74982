"""The application over a real socket, and the command line, as other tests of the service have them."""

from tests.service.conftest import admittance, caller, client, server

__all__ = ["admittance", "caller", "client", "server"]
