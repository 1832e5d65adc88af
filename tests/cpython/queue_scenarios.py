"""What CPython's `queue` does where it leaves nothing to chance: a line for each fact.

The recorded output is what `tests/cpython.rs` compares the Rust primitives with. To record it anew:

    python3 tests/cpython/queue_scenarios.py > tests/cpython/queue_scenarios.txt
"""

import queue
import threading

from threading_scenarios import SHORT, attempt, tell


def queues():
    tasks = queue.Queue(2)
    tell("empty", tasks.empty(), tasks.full(), tasks.qsize(), attempt(tasks.get_nowait))
    tell("get in vain", attempt(lambda: tasks.get(timeout=SHORT)))
    tasks.put("a")
    tasks.put_nowait("b")
    tell("full", tasks.empty(), tasks.full(), tasks.qsize(), attempt(lambda: tasks.put_nowait("c")))
    tell("put in vain", attempt(lambda: tasks.put("c", timeout=SHORT)))
    tell("get", tasks.get(), tasks.get_nowait(), tasks.maxsize)
    tell("done", [attempt(tasks.task_done) for _ in range(3)])
    tell("join", attempt(tasks.join))
    tasks = queue.Queue(1)
    taken = []
    consumer = threading.Thread(target=lambda: taken.extend(tasks.get() for _ in range(3)))
    consumer.start()
    for item in range(3):
        tasks.put(item)
    consumer.join()
    tell("through room for one", taken)


def other_queues():
    items = [5, 3, 8, 1, 9, 2]
    for kind in [queue.LifoQueue, queue.PriorityQueue, queue.SimpleQueue]:
        tasks = kind()
        for item in items:
            tasks.put(item)
        tell(kind.__name__, [tasks.get() for _ in items], tasks.empty(), attempt(tasks.get_nowait))
    stack = queue.LifoQueue(1)
    stack.put(1)
    tell("a full stack", stack.full(), attempt(lambda: stack.put(2, timeout=SHORT)), stack.get(timeout=SHORT))
    heap = queue.PriorityQueue()
    for pair in [(2, "b"), (1, "z"), (2, "a"), (1, "a")]:
        heap.put(pair)
    tell("pairs", "".join(heap.get()[1] for _ in range(4)), attempt(heap.task_done))
    simple = queue.SimpleQueue()
    tell("get in vain", attempt(lambda: simple.get(timeout=SHORT)), simple.qsize())


def equals():
    """Items that compare equal come in heapq's order."""

    class Item:
        def __init__(self, key, name):
            self.key, self.name = key, name

        def __lt__(self, other):
            return self.key < other.key

    heap = queue.PriorityQueue()
    for place, key in enumerate([1, 1, 0, 1, 0, 1, 2, 0, 1]):
        heap.put(Item(key, chr(ord("a") + place)))
    tell("equals", "".join(heap.get().name for _ in range(9)))


for scenario in [queues, other_queues, equals]:
    print(f"== {scenario.__name__}")
    scenario()
