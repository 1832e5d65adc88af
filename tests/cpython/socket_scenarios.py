"""What CPython's `socket` does over TCP on Linux where it leaves nothing to chance: a line for each fact.

The recorded output is what `tests/cpython.rs` compares the Rust primitives with. To record it anew:

    python3 tests/cpython/socket_scenarios.py > tests/cpython/socket_scenarios.txt
"""

import socket
import threading

from threading_scenarios import SHORT, attempt, tell

HOST = "127.0.0.1"


def server():
    """A listener at a free port, and its address."""
    listener = socket.create_server((HOST, 0))
    return listener, listener.getsockname()


def pair():
    listener, address = server()
    client = socket.create_connection(address)
    connection, _ = listener.accept()
    return listener, client, connection


def told(function, address):
    return attempt(function).replace(repr(address), "'server'")


def streams():
    _listener, client, connection = pair()
    tell("sent", client.send(b"abc"), attempt(lambda: client.sendall(b"de")), attempt(lambda: client.send(b"")))
    tell("received", connection.recv(2), connection.recv(0), connection.recv(9))
    connection.settimeout(SHORT)
    tell("time out", attempt(lambda: connection.recv(1)))
    connection.sendall(b"back")
    connection.close()
    tell("left", client.recv(9), client.recv(9), client.recv(9))
    tell("to nobody", attempt(lambda: client.send(b"x")), attempt(lambda: client.send(b"x")), attempt(lambda: client.recv(1)))
    tell("closed", attempt(lambda: connection.recv(1)), attempt(lambda: connection.send(b"x")), attempt(connection.close))


def resets():
    _listener, client, connection = pair()
    client.send(b"never received")
    connection.send(b"left")
    connection.close()
    tell("reset", client.recv(9), attempt(lambda: client.recv(9)), attempt(lambda: client.recv(9)))
    tell("then", attempt(lambda: client.send(b"x")), attempt(lambda: client.send(b"x")))
    _listener, client, connection = pair()
    client.send(b"never received")
    connection.close()
    tell("send first", attempt(lambda: client.send(b"x")), attempt(lambda: client.send(b"x")), attempt(lambda: client.recv(9)))
    listener, address = server()
    client = socket.create_connection(address)
    listener.close()
    tell("never accepted", attempt(lambda: client.recv(1)), attempt(lambda: client.recv(1)), attempt(lambda: client.send(b"x")))


def listeners():
    listener, address = server()
    tell("in use", told(lambda: socket.create_server(address), address), attempt(lambda: socket.socket().bind(address)))
    tell("listener", attempt(lambda: listener.recv(1)), attempt(lambda: listener.send(b"x")), attempt(lambda: listener.connect(address)))
    listener.settimeout(SHORT)
    tell("time out", attempt(listener.accept))
    client = socket.create_connection(address)
    tell("connected", attempt(lambda: client.connect(address)), attempt(client.accept), attempt(client.listen))
    listener.close()
    tell("closed", attempt(listener.accept), attempt(listener.listen), attempt(lambda: listener.bind(address)))
    tell("refused", attempt(lambda: socket.create_connection(address)))
    bound = socket.socket()
    bound.bind((HOST, 0))
    tell("bound only", attempt(lambda: socket.create_connection(bound.getsockname())), attempt(bound.accept))
    bound.listen(1)
    tell("listens", attempt(lambda: socket.create_connection(bound.getsockname()).close()))
    fresh = socket.socket()
    tell("fresh", attempt(lambda: fresh.recv(1)), attempt(lambda: fresh.send(b"x")), attempt(fresh.accept))
    tell("fresh shut down", attempt(lambda: fresh.shutdown(socket.SHUT_WR)))
    listener, address = server()
    answers = []
    thread = threading.Thread(target=lambda: answers.append(attempt(listener.accept)))
    thread.start()
    threading.Event().wait(SHORT)
    listener.shutdown(socket.SHUT_RDWR)
    thread.join()
    tell("woken", *answers, attempt(listener.accept))


def shutdowns():
    _listener, client, connection = pair()
    client.send(b"last")
    client.shutdown(socket.SHUT_WR)
    tell("no more sent", attempt(lambda: client.send(b"x")), connection.recv(9), connection.recv(9))
    tell("the other way", connection.send(b"back"), client.recv(9))
    _listener, client, connection = pair()
    client.shutdown(socket.SHUT_RDWR)
    tell("both", attempt(lambda: client.recv(1)), attempt(lambda: client.send(b"x")), connection.recv(9))
    _listener, client, connection = pair()
    other = client.dup()
    client.close()
    connection.settimeout(SHORT)
    tell("duplicate", attempt(lambda: connection.recv(1)), other.send(b"x"), connection.recv(1))
    other.close()
    tell("both closed", connection.recv(1))


if __name__ == "__main__":
    for scenario in [streams, resets, listeners, shutdowns]:
        print(f"== {scenario.__name__}")
        scenario()
