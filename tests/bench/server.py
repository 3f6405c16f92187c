# SPDX-License-Identifier: BSD-3-Clause
"""The server-like workload: an asyncio TCP server of JSON, nearly all standard library.

The client is another process, so that the CPU time of this one is the server's alone.
"""
import asyncio
import datetime
import io
import json
import logging
import os
import sys
import urllib.parse

import shopserver.handlers

HERE = os.path.dirname(os.path.abspath(__file__))
CONNECTIONS = 4


class Server:
    def __init__(self):
        self.log = logging.getLogger("server")
        self.log.setLevel(logging.INFO)
        self.log.propagate = False
        handler = logging.StreamHandler(io.StringIO())
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
        self.log.addHandler(handler)
        self.output = handler.stream
        self.answered = 0

    async def serve(self, reader, writer):
        while True:
            line = await reader.readline()
            if not line:
                break
            message = json.loads(line)
            parts = urllib.parse.urlsplit(message["url"])
            request = dict(message["body"], **dict(urllib.parse.parse_qsl(parts.query)))
            answer = await shopserver.handlers.handle(request)
            answer["at"] = datetime.datetime.fromtimestamp(1.7e9 + self.answered).isoformat()
            text = json.dumps(answer, indent=1, sort_keys=True)
            self.log.info("%s %s %d", parts.path, request["kind"], len(text))
            writer.write(json.dumps([text]).encode() + b"\n")
            await writer.drain()
            self.answered += 1
            if self.answered % 256 == 0:
                self.output.seek(0)
                self.output.truncate()
        writer.close()


def make_message(n):
    fruits = ("apple", "pear", "plum", "cherry", "brick")
    if n % 10 == 9:
        body, kind = {}, "statistics"
    else:
        lines = [{"fruit": fruits[(n + i) % (5 if n % 7 == 0 else 4)], "count": 1 + i} for i in range(3)]
        body, kind = {"customer": "c%d" % (n % 50), "lines": lines, "note": "x" * 200}, "place"
    return json.dumps({"url": "http://shop/orders/%d?kind=%s&page=%d" % (n, kind, n), "body": body})


async def ask(port, count):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    size = 0
    for n in range(count):
        writer.write(make_message(n).encode() + b"\n")
        size += len(await reader.readline())
    writer.close()
    return size


async def ask_all(port, count):
    await asyncio.gather(*(ask(port, count // CONNECTIONS) for _ in range(CONNECTIONS)))


async def answer(count, between):
    """Answer COUNT requests; call BETWEEN when a tenth more have been, to begin with."""
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    for requests in (count // 10, count):
        client = await asyncio.create_subprocess_exec(
            sys.executable, os.path.join(HERE, "server.py"), str(port), str(requests)
        )
        if await client.wait():
            raise SystemExit("the client failed")
        between(requests == count)
    listening.close()
    await listening.wait_closed()
    return server.answered


def run(count, between):
    return asyncio.run(answer(count, between))


if __name__ == "__main__":
    asyncio.run(ask_all(int(sys.argv[1]), int(sys.argv[2])))
