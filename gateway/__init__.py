"""The front door: the ASGI app, credentials, settings and the command line. The only place where objects meet."""
