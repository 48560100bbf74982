"""Where commands listen."""

import socket

from gateway.console import CommandFailed


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Taken before anything else is done, so that a taken port is known at once.

    Raises: CommandFailed.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        # Python appends the address in brackets, which the sentence has already.
        reason = (error.strerror or "the address can't be used").partition(" (")[0].lower()
        message = f"Can't listen on {host}:{port}: {reason}. Choose another with --host and --port, or PORT."
        raise CommandFailed(message) from None


def http_address(host: str, port: int) -> str:
    """The address of what listens there, as people open it."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
