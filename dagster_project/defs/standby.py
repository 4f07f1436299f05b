"""`python -m dagster_project.defs.standby run …`: the daemon of a Dagster instance that several machines share.

Dagster allows one daemon for an instance: two would start what is queued twice. Here one holds an advisory lock of the
database and works; the others stand by, and the first to notice takes over when it or its connection is gone.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import Any

import psycopg2

from dagster_project.settings import Settings

LOCK = int.from_bytes(b"florileg", "big")  # of the database, so that every instance has one of its own
ASK_SECONDS = 2.0
# a machine that vanished without a word is given up after half a minute, by us and by the server
ALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 4, "connect_timeout": 10}
SERVER = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=4"


def lead(url: str) -> Any:
    """The connection that holds the lock, once nobody else does; whoever loses it must not work any more."""
    connection = psycopg2.connect(url, options=SERVER, application_name="florilegium daemon", **ALIVE)
    connection.autocommit = True
    told = False
    while not _answer(connection, "SELECT pg_try_advisory_lock(%s)", LOCK):
        if not told:
            print("standing by: another daemon works on this instance", file=sys.stderr, flush=True)
            told = True
        time.sleep(ASK_SECONDS)
    print("working: no other daemon does", file=sys.stderr, flush=True)
    return connection


def end_when_lost(connection: Any) -> None:
    """Ask the database now and then whether we are still connected, and end this process when we are not."""
    try:
        while _answer(connection, "SELECT %s", 1):
            time.sleep(ASK_SECONDS)
    except psycopg2.Error:
        print("the connection that made this the only daemon is lost: another takes over", file=sys.stderr, flush=True)
        os._exit(1)


def main() -> None:
    """Dagster's own program, with our arguments, as soon as it may run."""
    connection = lead(Settings.from_environment().database)
    threading.Thread(target=end_when_lost, args=[connection], daemon=True).start()
    from dagster._daemon.cli import main as daemon

    daemon()


def _answer(connection: Any, question: str, value: int) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(question, [value])
        return cursor.fetchone()[0]


if __name__ == "__main__":
    main()
