"""One HTTP client for every test that asks a server on loopback, and free ports.

A client of its own for each request would read the machine's certificates each time: 20 to 50 ms of work to ask a
server that has none.
"""

from __future__ import annotations

import socket

import httpx

web = httpx.Client(verify=False, timeout=60, limits=httpx.Limits(max_keepalive_connections=0))


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
