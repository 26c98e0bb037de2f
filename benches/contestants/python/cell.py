"""The side of a contestant in docs/protocol.md: what it says, what it is told, and what it counts.

What is needed for each task is made before `idle`, so it is no part of what a task weighs. The numbers to add
and the checksum are worked out outside the time that is measured.
"""

import errno
import ipaddress
import json
import os
import re
import resource
import sys
import threading
import time
from array import array

ONES = (1 << 64) - 1


def mix(value):
    """The finaliser of SplitMix64, on 64 bits."""
    z = (value + 0x9E3779B97F4A7C15) & ONES
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & ONES
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & ONES
    return z ^ (z >> 31)


def say(event, **fields):
    """Says something to the harness."""
    print(json.dumps({"v": 2, "event": event, **fields}), flush=True)


def hello(id, **fields):
    """Says who this is."""
    global own_id
    own_id = id
    versions = {"python": sys.version.split()[0]}
    say("hello", id=id, language="Python", ceiling="all", versions=versions, allocator=allocator(), **fields)


def allocator():
    """The allocator that is really loaded in this process."""
    libc = " malloc ".join(os.confstr("CS_GNU_LIBC_VERSION").split())
    with open("/proc/self/maps") as maps:
        other = re.search(r"/([^/\n]*(?:malloc|hoard|scudo)[^/\n]*\.so[^/\n]*)$", maps.read(), re.MULTILINE)
    below = f"{other[1]} in place of {libc}" if other else libc
    return below if os.environ.get("PYTHONMALLOC") == "malloc" else f"pymalloc over {below}"


def listen(take):
    """Hands each order to `take`, on a thread of its own. When there can be no more, the process ends."""

    def read():
        try:
            for order in map(json.loads, sys.stdin):
                if order["v"] != 2 or order.get("contestant", own_id) != own_id:
                    break  # Not for this program.
                take(order)
        finally:
            os._exit(0)

    threading.Thread(target=read, daemon=True).start()


class Ledger:
    """Where the tasks of a wave sign in and out."""

    def __init__(self, begin):
        workload = begin["workload"]
        self.tasks = begin["tasks"]
        self.wait_ns = int(workload["duration_ns"])
        self.spread_ns = int(workload["spread_ns"])
        self.wait_s = self.wait_ns / 1e9
        self.http = workload.get("http")
        self.server = begin.get("server")
        self.b = array("I", (mix(a) & 0xFFFFFFFF for a in range(self.tasks)))
        self.sums = array("Q", bytes(8 * self.tasks))
        # When each task began its wait; once it woke, how late it was.
        self.times = array("q", bytes(8 * self.tasks))
        self.rewind()

    def rewind(self):
        """Begins a wave."""
        self.in_flight = self.peak = self.left = self.completed = self.woken = self.lost = 0
        self.errors = {}
        self.begun = self.now()

    def nanoseconds(self, a):
        """How long task `a` waits."""
        last = self.tasks - 1
        return self.wait_ns + (self.spread_ns * (last - a) // last if last > 0 else 0)

    def seconds(self, a):
        """The same in seconds. It is one number for all tasks if they wait alike."""
        return self.nanoseconds(a) / 1e9 if self.spread_ns else self.wait_s

    def enter(self, a):
        """Counts a task as in flight. Its wait begins now."""
        self.in_flight += 1
        self.times[a] = time.monotonic_ns()

    def woke(self, a):
        """Notes how late a task woke. One that woke too early counts as lost."""
        late = self.times[a] = time.monotonic_ns() - self.times[a] - self.nanoseconds(a)
        self.woken += 1
        self.lost += late < 0

    def leave(self, a, total):
        """Counts a task as over, with its sum."""
        self.sums[a] = total
        self.completed += 1
        self.count_out()

    def fail(self, a, error):
        """Counts a task as over, without a sum."""
        self.sums[a] = 0
        self.errors.setdefault(kind_of(error), [0, repr(error)])[0] += 1
        self.count_out()

    def count_out(self):
        # The peak is looked at only where fewer will be in flight.
        self.peak = max(self.peak, self.in_flight)
        self.in_flight -= 1
        self.left += 1

    def now(self):
        return time.monotonic_ns(), resource.getrusage(resource.RUSAGE_SELF)

    def taken(self):
        """What the wave has taken so far, in the words of the protocol."""
        (t0, u0), (t1, u1) = self.begun, self.now()
        return {
            "wall_ns": t1 - t0,
            "user_ns": int((u1.ru_utime - u0.ru_utime) * 1e9),
            "system_ns": int((u1.ru_stime - u0.ru_stime) * 1e9),
            "voluntary_switches": u1.ru_nvcsw - u0.ru_nvcsw,
            "involuntary_switches": u1.ru_nivcsw - u0.ru_nivcsw,
        }

    def all_waiting(self):
        """Says that all tasks wait."""
        taken = self.taken()
        cpu_ns = taken["user_ns"] + taken["system_ns"]
        start = {"start_ns": str(taken["wall_ns"]), "start_cpu_ns": str(cpu_ns)}
        say("parked", in_flight=str(self.in_flight), **start, heap_bytes=None)

    def drained(self, in_flight_after_weighing):
        """What is to be said of a wave that is over now."""
        numbers = self.taken() | {
            "completed": self.completed,
            "checksum": sum(mix(total) for total in self.sums if total) & ONES,  # no task's sum is 0
            "peak_in_flight": self.peak,
            "lost": self.lost,
        }
        after = None if in_flight_after_weighing is None else str(in_flight_after_weighing)
        errors = [{"kind": kind, "tasks": str(n), "first": text} for kind, (n, text) in self.errors.items()]
        return {name: str(number) for name, number in numbers.items()} | {
            "in_flight_after_weighing": after,
            "errors": errors,
            "lateness_ns": self.lateness(),
            "heap_bytes": None,
        }

    def lateness(self):
        """How late the tasks woke, if all did."""
        if not self.tasks or self.woken < self.tasks:
            return None
        late, last = sorted(self.times), self.tasks - 1
        places = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999, "max": 1}
        return {name: str(max(0, late[int(last * place)])) for name, place in places.items()}

    def address(self, a):
        """Where the server of task `a` listens."""
        host, _, port = self.server["address"].rpartition(":")
        return str(ipaddress.ip_address(host.strip("[]")) + a % self.server["addresses"]), int(port)

    def target(self, a, b):
        """What task `a` asks it for."""
        ms, size, group = divmod(self.nanoseconds(a), 1_000_000), self.http["bytes"], self.server["group"]
        return f"/wait?ms={ms[0]}.{ms[1]:06}&bytes={size}&a={a}&b={b}&group={group}"

    def patience(self, a):
        """For how many seconds it may wait for all of the answer."""
        return (self.nanoseconds(a) + int(self.http["total_timeout_ns"])) / 1e9


def sum_in(a, b, status, total, body, size):
    """The sum in an answer, which has to be right. Of a body, the length and both ends are looked at."""
    if status != 200:
        raise WrongAnswer("status")
    if int(total or 0) != a + b:
        raise WrongAnswer("wrong-sum")
    word = lambda k: mix(mix(a << 32 | b) ^ k).to_bytes(8, "little")
    k = max(0, size - 1) // 8
    if len(body) != size or body[:8] != word(0)[:size] or body[8 * k:] != word(k)[:size - 8 * k]:
        raise WrongAnswer("wrong-body")
    return int(total)


class WrongAnswer(Exception):
    """An answer that is not what was asked for."""


def kind_of(error):
    """The protocol's word for an error."""
    if isinstance(error, WrongAnswer):
        return error.args[0]
    of_system = {errno.EMFILE: "descriptors", errno.ENFILE: "descriptors", errno.EADDRNOTAVAIL: "ports"}
    if getattr(error, "errno", None) in of_system:
        return of_system[error.errno]
    kinds = {
        ConnectionRefusedError: "refused", ConnectionError: "reset", TimeoutError: "total-timeout",
        EOFError: "truncated", OSError: "other",
    }
    return next((kind for of, kind in kinds.items() if isinstance(error, of)), "garbage")
