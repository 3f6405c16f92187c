# SPDX-License-Identifier: BSD-3-Clause
"""The handler of a small shop: in scope, while http.server around it is not."""
import http.server
import json
import threading
import urllib.parse

PRICES = {"apple": 3, "pear": 4, "plum": 2}


class NoSuchFruit(LookupError):
    pass


def price(fruit, count):
    if fruit not in PRICES:
        raise NoSuchFruit(fruit)
    total = 0
    for _ in range(count):
        total += PRICES[fruit]
    return total - total // 10 if count > 3 else total


def parse(path):
    parts = urllib.parse.urlsplit(path)
    query = dict(urllib.parse.parse_qsl(parts.query))
    return parts.path.strip("/"), {
        key: int(value)
        for key, value in query.items()
        if value.isdigit()
    }


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        fruit, query = parse(self.path)
        try:
            answer = {"fruit": fruit, "price": price(fruit, query.get("count", 1))}
        except NoSuchFruit as error:
            self.answer(404, {"error": str(error)})
        else:
            self.answer(200, answer)

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    # So that closing the server waits for the answers that are still being given.
    daemon_threads = False


def serve():
    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    return server, thread
