"""Coroutines on asyncio, as in the post that this is about: `await asyncio.sleep(…)`, then `a + b`.

Everything of the harness is in `cell.py`. A task keeps its two numbers while it waits, and nothing else.
"""

import asyncio
import os

import cell


async def add(a, b):
    ledger.enter(a)
    await asyncio.sleep(ledger.seconds(a))
    ledger.woke(a)
    ledger.leave(a, a + b)


async def ask(a, b):
    ledger.enter(a)
    try:
        async with asyncio.timeout(ledger.patience(a)):
            total = await fetch(a, b)
        ledger.woke(a)
        ledger.leave(a, total)
    except Exception as error:
        ledger.fail(a, error)


async def fetch(a, b):
    """GET, over a connection of the task's own."""
    host, port = ledger.address(a)
    reader, writer = await asyncio.open_connection(host, port)
    try:
        close = "" if ledger.http["keep_alive"] else "Connection: close\r\n"
        writer.write(f"GET {ledger.target(a, b)} HTTP/1.1\r\nHost: {host}:{port}\r\n{close}\r\n".encode())
        status, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines if line)
        body = await reader.readexactly(int(headers["content-length"]))
        size = int(ledger.http["bytes"])
        return cell.sum_in(a, b, int(status.split()[1]), headers.get("x-sum"), body, size)
    finally:
        writer.close()


async def wave(is_weighed):
    """Runs all tasks once. They stay as they are until they have been weighed."""
    ledger.rewind()
    task = ask if ledger.http else add
    tasks = [asyncio.create_task(task(a, b)) for a, b in enumerate(ledger.b)]
    await asyncio.sleep(0)  # The loop comes back here when each of them has begun to wait.
    in_flight = None
    if is_weighed and ledger.in_flight == ledger.tasks:
        ledger.all_waiting()
        await orders.get()
        in_flight = ledger.in_flight
    for task in tasks:
        await task
    return ledger.drained(in_flight)


async def main():
    global ledger, orders
    orders = asyncio.Queue()
    loop = asyncio.get_running_loop()
    cell.listen(lambda order: loop.call_soon_threadsafe(orders.put_nowait, order))
    begin = await orders.get()
    ledger = cell.Ledger(begin)
    cell.say("idle", heap_bytes=None)
    order = await orders.get()
    if order["order"] == "waves":
        waves = [await wave(False) for _ in range(order["count"])]
        for drained in waves:
            cell.say("drained", **drained)
        await orders.get()
        os._exit(0)
    while True:
        cell.say("drained", **await wave(not begin.get("unweighed")))
        if (await orders.get())["order"] != "again":
            os._exit(0)


cell.hello(
    id="python/asyncio",
    model="coroutines",
    summary="Python: one asyncio task each, asyncio.sleep",
    timer="a heap in the event loop, epoll to 1 ms",
    caution="of a body, it checks the length and both ends",
    workloads=["timer", "http", "spread"],
    most_tasks=1_000_000,
    most_requests=5_000,
    one_thread=True,
)
asyncio.run(main())
