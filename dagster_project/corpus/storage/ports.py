"""Ports of this machine that nobody has, in pairs."""

from __future__ import annotations

import secrets
import socket

GRPC_OFFSET = 10_000  # every HTTP port takes a second one, 10,000 above, for gRPC
PORTS = range(10_500, 20_500)  # the twins end below 32,768, where Linux begins to lend ports to clients


def free_ports(count: int) -> tuple[int, ...]:
    """So many, chosen at random."""
    found: list[int] = []
    while len(found) < count:
        port = secrets.choice(PORTS)
        if port not in found and is_free(port):
            found.append(port)
    return tuple(found)


def is_free(port: int) -> bool:
    """Whether nobody listens there, or at its twin."""
    return all(map(_can_bind, (port, port + GRPC_OFFSET)))


def _can_bind(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Go does: a port at rest is free
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
