"""Appends to PostgreSQL: transactions of 256 records of 600 bytes, each durable before the next begins.

usage: postgres.py DIRECTORY (empty; thrown away by whoever gave it); then a line "copy GROUPS" or "insert GROUPS" is answered
by records a second

A server of its own over that directory, on a socket in it. `fsync` and `synchronous_commit` are on; what is set
otherwise is in the server's favour: more memory, and checkpoints that do not fall into a round.
"""

import os
import pwd
import struct
import subprocess
import sys
import time
from pathlib import Path

import psycopg

GROUP, RECORD = 256, 600
HOME = Path(sys.argv[1]).resolve()
PROGRAMS = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
SETTINGS = {
    "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "listen_addresses": "''",
    "unix_socket_directories": f"'{HOME}'", "shared_buffers": "1GB", "max_wal_size": "8GB", "checkpoint_timeout": "30min",
}
# The server refuses to run as root.
USER = pwd.getpwnam("postgres") if os.geteuid() == 0 else None


def tool(name, *arguments):
    who = {"user": USER.pw_uid, "group": USER.pw_gid, "extra_groups": []} if USER else {}
    subprocess.run([PROGRAMS / name, *arguments], check=True, stdout=subprocess.DEVNULL, cwd=HOME, **who)


def groups(count):
    """The records that are appended, each with its place."""
    return [[(group * GROUP + n, os.urandom(RECORD)) for n in range(GROUP)] for group in range(count)]


def copied(group):
    """A group as COPY reads it in its binary form."""
    rows = (struct.pack("!hiqi", 2, 8, place, RECORD) + record for place, record in group)
    return b"PGCOPY\n\xff\r\n\0" + struct.pack("!ii", 0, 0) + b"".join(rows) + struct.pack("!h", -1)


def copy(connection, ready):
    with connection.cursor() as cursor:
        for group in ready:
            with cursor.copy("COPY entries FROM STDIN (FORMAT BINARY)") as stream:
                stream.write(group)
            connection.commit()


def insert(connection, ready):
    with connection.cursor(binary=True) as cursor:
        for places, records in ready:
            cursor.execute("INSERT INTO entries SELECT * FROM unnest(%b::bigint[], %b::bytea[])", (places, records), prepare=True)
            connection.commit()


def measure(connection, how, count):
    connection.execute("DROP TABLE IF EXISTS entries")
    connection.execute("CREATE TABLE entries (place bigint PRIMARY KEY, record bytea NOT NULL)")
    connection.commit()
    made = groups(count)
    if how == "copy":
        ready, append = [copied(group) for group in made], copy
    else:
        ready, append = [tuple(map(list, zip(*group))) for group in made], insert
    begun = time.monotonic()
    append(connection, ready)
    taken = time.monotonic() - begun
    (stored,) = connection.execute("SELECT count(*) FROM entries WHERE length(record) = %s", (RECORD,)).fetchone()
    connection.commit()
    if stored != count * GROUP:
        sys.exit(f"{stored} records are stored")
    return stored / taken


def serve():
    with psycopg.connect(host=str(HOME), user=USER.pw_name if USER else None, dbname="postgres") as connection:
        (durable,) = connection.execute("SELECT current_setting('fsync') || current_setting('synchronous_commit')").fetchone()
        if durable != "onon":
            sys.exit("the server is not durable")
        print(f"PostgreSQL {connection.info.server_version // 10000}", flush=True)
        for line in sys.stdin:
            how, count = line.split()
            print(measure(connection, how, int(float(count))), flush=True)


if USER:
    os.chown(HOME, USER.pw_uid, USER.pw_gid)
data = str(HOME / "data")
tool("initdb", "-D", data, "--auth=trust", "--encoding=UTF8", "--no-locale")
tool("pg_ctl", "-D", data, "-w", "-l", str(HOME / "log"), "-o", " ".join(f"-c {name}={value}" for name, value in SETTINGS.items()), "start")
try:
    serve()
finally:
    tool("pg_ctl", "-D", data, "-m", "immediate", "stop")
