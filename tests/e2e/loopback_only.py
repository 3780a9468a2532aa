"""Runs commands in a network namespace whose only interface is loopback, and counts what tried to leave it.

python -m tests.e2e.loopback_only FOLDER COMMAND…   each COMMAND one argument; prints the count as the last line
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import shlex
import socket
import struct
import subprocess
import sys
from pathlib import Path

CLONE_NEWNET = 0x40000000
CLONE_NEWUSER = 0x10000000
SIOCGIFFLAGS = 0x8913
SIOCSIFFLAGS = 0x8914
IFF_UP = 0x1


def enter_empty_network() -> None:
    """Leave the machine's network behind; only loopback stays. Raises OSError where the kernel refuses (network_namespaces(7))."""
    libc = ctypes.CDLL(None, use_errno=True)
    flags = CLONE_NEWNET if os.geteuid() == 0 else CLONE_NEWNET | CLONE_NEWUSER
    if libc.unshare(flags) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", 0)
        now = struct.unpack("16sh14x", fcntl.ioctl(any_socket, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", now | IFF_UP))


def unroutable() -> int:
    """How many packets found no way out so far (`OutNoRoutes` of IPv4 and IPv6)."""
    names, values = [
        line.split()[1:] for line in Path("/proc/net/snmp").read_text("ascii").splitlines() if line.startswith("Ip:")
    ]
    count = int(dict(zip(names, values, strict=True))["OutNoRoutes"])
    six = dict(line.split() for line in Path("/proc/net/snmp6").read_text("ascii").splitlines() if " " in line)
    return count + int(six.get("Ip6OutNoRoutes", 0))


def main() -> int:
    """Enter, run every command, say how many packets wanted out."""
    try:
        enter_empty_network()
    except OSError as error:
        sys.stdout.write(f"no namespace: {error}\n")
        return 77
    for command in sys.argv[2:]:
        done = subprocess.run(shlex.split(command), cwd=sys.argv[1], check=False, stdout=sys.stderr)
        if done.returncode:
            return done.returncode
    sys.stdout.write(f"{unroutable()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
