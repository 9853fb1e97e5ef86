"""One HTTP client for every test that asks a server on loopback.

A client of its own for each request would read the machine's certificates each time: 20 to 50 ms of work to ask a
server that has none.
"""

from __future__ import annotations

import httpx

web = httpx.Client(verify=False, timeout=60, limits=httpx.Limits(max_keepalive_connections=0))
