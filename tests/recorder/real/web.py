# SPDX-License-Identifier: BSD-3-Clause
"""Starts the shop on loopback, asks it 50 times from 3 threads, and closes it."""
import concurrent.futures
import http.client
import json

import shop


def ask(port, n):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    fruit = ("apple", "pear", "plum", "brick")[n % 4]
    connection.request("GET", "/%s?count=%d&name=x%d" % (fruit, n % 6, n))
    answer = connection.getresponse()
    value = json.loads(answer.read())
    connection.close()
    return answer.status, value.get("price", 0)


def main():
    server, thread = shop.serve()
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda n: ask(server.server_port, n), range(50)))
    server.shutdown()
    thread.join()
    server.server_close()
    print(len(answers), sum(status for status, _ in answers), sum(value for _, value in answers))


main()
