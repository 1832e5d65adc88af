"""What CPython's `concurrent.futures` does where it leaves nothing to chance: a line for each fact.

The recorded output is what `tests/cpython.rs` compares the Rust primitives with. To record it anew:

    python3 tests/cpython/futures_scenarios.py > tests/cpython/futures_scenarios.txt
"""

import threading
from concurrent.futures import ThreadPoolExecutor

from threading_scenarios import SHORT, attempt, tell


def pools():
    with ThreadPoolExecutor(1) as pool:
        name = pool.submit(lambda: threading.current_thread().name)
        wrong = pool.submit(threading.Lock().release)
        tell("results", attempt(name.result), attempt(wrong.result), name.done(), wrong.done())
        tell("exceptions", attempt(name.exception), attempt(lambda: str(wrong.exception())))
        tell("map", list(pool.map(lambda n: n * n, range(3))))
        event = threading.Event()
        late = pool.submit(event.wait)
        tell("late", late.done(), attempt(lambda: late.result(SHORT)))
        event.set()
        tell("in time", attempt(late.result))
    tell("shut down", attempt(lambda: pool.submit(print)), attempt(pool.shutdown))
    tell("none", attempt(lambda: ThreadPoolExecutor(0)))
    with ThreadPoolExecutor(2, "pool") as pool:
        names = [pool.submit(lambda: threading.current_thread().name).result() for _ in range(1)]
        tell("prefix", names)
    pool = ThreadPoolExecutor(1)
    kept = pool.submit(lambda: 1)
    pool.shutdown(wait=False)
    tell("still done", kept.result())


if __name__ == "__main__":
    for scenario in [pools]:
        print(f"== {scenario.__name__}")
        scenario()
