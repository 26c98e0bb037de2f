"""A thread each, that blocks: time.sleep, then `a + b`. Everything of the harness is in `cell.py`."""

import http.client
import os
import queue
import threading
import time

import cell

lock = threading.Lock()  # for the ledger's counts
orders = queue.SimpleQueue()


def add(a, b):
    with lock:
        ledger.enter(a)
    time.sleep(ledger.seconds(a))
    with lock:
        ledger.woke(a)
        ledger.leave(a, a + b)


def ask(a, b):
    with lock:
        ledger.enter(a)
    try:
        total = fetch(a, b)
        with lock:
            ledger.woke(a)
            ledger.leave(a, total)
    except Exception as error:
        with lock:
            ledger.fail(a, error)


def fetch(a, b):
    """GET, over a connection of the thread's own."""
    connection = http.client.HTTPConnection(*ledger.address(a), timeout=ledger.patience(a))
    try:
        headers = {} if ledger.http["keep_alive"] else {"Connection": "close"}
        connection.request("GET", ledger.target(a, b), headers=headers)
        answer = connection.getresponse()
        size = int(ledger.http["bytes"])
        return cell.sum_in(a, b, answer.status, answer.headers["x-sum"], answer.read(), size)
    finally:
        connection.close()


def wave(is_weighed):
    """Runs all tasks once. They stay as they are until they have been weighed."""
    ledger.rewind()
    task = ask if ledger.http else add
    threads = []
    for a, b in enumerate(ledger.b):
        threads.append(threading.Thread(target=task, args=(a, b)))
        try:
            threads[-1].start()
        except RuntimeError as error:
            cell.say("refused", reason=f"thread {a + 1} of {ledger.tasks}: {error}", threads=str(a))
            time.sleep(2)  # so that what it uses can be looked at
            os._exit(0)
    in_flight = None
    while is_weighed and ledger.in_flight < ledger.tasks and not ledger.left:
        time.sleep(0.001)
    if is_weighed and ledger.in_flight == ledger.tasks:
        ledger.all_waiting()
        orders.get()
        in_flight = ledger.in_flight
    for thread in threads:
        thread.join()
    return ledger.drained(in_flight)


cell.hello(
    id="python/threads",
    model="threads",
    summary="Python: one threading.Thread each, time.sleep",
    timer="the system's, for each thread",
    caution="thousands that wake at once look for the interpreter's lock every 5 ms until nothing else gets done; "
    "of a body, it checks the length and both ends",
    workloads=["timer", "http", "spread"],
    most_tasks=2_000,
    most_requests=1_000,
)
cell.listen(orders.put)
begin = orders.get()
ledger = cell.Ledger(begin)
cell.say("idle", heap_bytes=None)
order = orders.get()
if order["order"] == "waves":
    for drained in [wave(False) for _ in range(order["count"])]:
        cell.say("drained", **drained)
    orders.get()
    os._exit(0)
while True:
    cell.say("drained", **wave(not begin.get("unweighed")))
    if orders.get()["order"] != "again":
        os._exit(0)
