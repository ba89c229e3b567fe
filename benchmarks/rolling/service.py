"""Answers every request with its version after a moment's work; ends as servers should: on SIGTERM it takes no more
connections, and finishes what it has begun.
"""

import os
import signal
import socket
import threading
import time

WORK = 0.02  # seconds for each request


def answer(connection: socket.socket) -> None:
    with connection:
        connection.settimeout(5)
        if connection.recv(65536):
            time.sleep(WORK)
            version = os.environ["VERSION"].encode()
            connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(version), version))


def main() -> None:
    listener = socket.create_server(("", 8000), backlog=256)
    signal.signal(signal.SIGTERM, lambda *_: listener.shutdown(socket.SHUT_RDWR))
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            break
        threading.Thread(target=answer, args=(connection,)).start()  # not a daemon: the end waits for it


main()
