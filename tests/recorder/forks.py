# SPDX-License-Identifier: BSD-3-Clause
"""A program that forks in every shape, for test_fork.py. Run with: base, log, shape, number of forks.

Each child that runs a line of this file writes its process id to the log; only children run child().
"""

import multiprocessing
import os
import pty
import signal
import socketserver
import subprocess
import sys
import threading
import time

BASE, LOG, SHAPE, NUMBER = (*sys.argv[1:4], int(sys.argv[4]))
log = os.open(LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def child():
    os.write(log, b"%d\n" % os.getpid())
    return 1


def parent():
    return 2


def wait(pid, status=0):
    got = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert got == status, (got, status)


def plain():
    for turn in range(NUMBER):
        pid = os.fork()
        if pid == 0:
            child()
            os._exit(turn % 2)
        parent()
        wait(pid, turn % 2)


def leaving():
    for turn in range(NUMBER):
        pid = os.fork()
        if pid == 0:
            child()
            sys.exit(turn % 3)
        wait(pid, turn % 3)


def killed():
    for turn in range(NUMBER):
        pid = os.fork()
        if pid == 0:
            child()
            os.kill(os.getpid(), signal.SIGKILL)
        wait(pid, -signal.SIGKILL)


def nested():
    for turn in range(NUMBER // 3):
        pid = os.fork()
        if pid == 0:
            child()
            pid = os.fork()
            if pid == 0:
                child()
                pid = os.fork()
                if pid == 0:
                    child()
                    os._exit(0)
            wait(pid)
            os._exit(0)
        wait(pid)


def crowd():
    stop = threading.Event()

    def busy():
        while not stop.is_set():
            sum(range(3000))
            parent()

    threads = [threading.Thread(target=busy) for n in range(8)]
    for thread in threads:
        thread.start()
    forking = [threading.Thread(target=fork_some, args=(NUMBER // 4,)) for n in range(4)]
    for thread in forking:
        thread.start()
    for thread in forking:
        thread.join()
    stop.set()
    for thread in threads:
        thread.join()


def fork_some(number):
    for turn in range(number):
        pid = os.fork()
        if pid == 0:
            child()
            os._exit(0)
        wait(pid)


def in_terminal():
    for turn in range(NUMBER):
        pid, fd = pty.fork()
        if pid == 0:
            child()
            os._exit(0)
        wait(pid)
        os.close(fd)


def other_programs():
    for turn in range(NUMBER):
        assert subprocess.run(["true"], preexec_fn=child if turn % 2 else None).returncode == 0


def requests():
    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            child()
            self.request.sendall(b"x")

    class Server(socketserver.ForkingMixIn, socketserver.TCPServer):
        allow_reuse_address = True

    import socket

    with Server(("127.0.0.1", 0), Handler) as server:
        for turn in range(NUMBER):
            with socket.create_connection(server.server_address) as client:
                server.handle_request()
                assert client.recv(1) == b"x"


def prefork():
    """Workers of a server: forked at once, each serves for a while, and is told to stop."""
    workers = []
    for turn in range(NUMBER):
        pid = os.fork()
        if pid == 0:
            done = []
            signal.signal(signal.SIGTERM, lambda *unused: done.append(1))
            child()
            while not done:
                time.sleep(0.01)
            sys.exit(0)
        workers.append(pid)
    time.sleep(0.5)
    for pid in workers:
        os.kill(pid, signal.SIGTERM)
    for pid in workers:
        wait(pid)


def work(number):
    child()
    return number * 2


def pools():
    for method in ("fork", "spawn", "forkserver"):
        with multiprocessing.get_context(method).Pool(2) as pool:
            assert pool.map(work, range(NUMBER)) == [2 * n for n in range(NUMBER)]
            pool.close()
            pool.join()


def main():
    import trackexec

    if trackexec.enable(BASE, name="server", package="__main__,__mp_main__".split(",")):
        globals()[SHAPE]()
        print(trackexec.stats()["events_lost"])


if __name__ == "__main__":
    main()
elif __name__ == "__mp_main__":
    import trackexec

    trackexec.enable(BASE, name="server", package=["__main__", "__mp_main__"])
