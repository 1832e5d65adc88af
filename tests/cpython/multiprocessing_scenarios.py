"""What CPython's `multiprocessing` does where it leaves nothing to chance: a line for each fact.

The recorded output is what `tests/cpython.rs` compares the Rust primitives with. To record it anew:

    python3 tests/cpython/multiprocessing_scenarios.py > tests/cpython/multiprocessing_scenarios.txt
"""

import multiprocessing
import sys
import time

from threading_scenarios import LONG, SHORT, attempt, tell, until


def run(target):
    process = multiprocessing.Process(target=target)
    process.start()
    process.join()
    return process.exitcode


def ends():
    tell("exit codes", run(lambda: None), run(lambda: sys.exit(3)), run(lambda: sys.exit(0)))
    for stop in ["terminate", "kill"]:
        process = multiprocessing.Process(target=time.sleep, args=[LONG])
        tell("before", process.is_alive(), process.exitcode, attempt(process.join))
        process.start()
        tell("while", process.is_alive(), process.exitcode, attempt(process.close))
        getattr(process, stop)()
        process.join()
        tell("after", process.is_alive(), process.exitcode, attempt(process.start), attempt(getattr(process, stop)))
        process.close()
        tell("closed", attempt(process.join), attempt(process.is_alive), attempt(process.start))
    process = multiprocessing.Process(target=run)
    tell("not started", attempt(process.terminate), attempt(process.kill), process.pid)
    tell("self", multiprocessing.current_process().name, attempt(multiprocessing.current_process().join))


def pipes():
    one, other = multiprocessing.Pipe()
    tell("poll", one.poll(), one.poll(SHORT))
    one.send(1)
    tell("there", other.poll(), other.recv(), other.poll())
    other.send(2)
    tell("back", one.recv())
    one.send(3)
    one.close()
    tell("left", other.recv(), other.poll(), attempt(other.recv), attempt(lambda: other.send(4)))
    tell("closed", attempt(one.recv), attempt(lambda: one.send(5)), attempt(one.poll), one.closed)
    reader, writer = multiprocessing.Pipe(duplex=False)
    tell("one way", attempt(lambda: reader.send(1)), attempt(writer.recv), attempt(writer.poll))
    reader.close()
    tell("broken", attempt(lambda: writer.send(1)))


def queues():
    queue = multiprocessing.Queue(1)
    queue.put(1)
    late = [attempt(lambda: queue.put_nowait(2)), attempt(lambda: queue.put(2, timeout=SHORT))]
    tell("full", queue.full(), queue.qsize(), *late)
    tell("get", queue.get(), queue.full(), queue.qsize())
    tell("empty", queue.empty(), attempt(queue.get_nowait), attempt(lambda: queue.get(timeout=SHORT)))
    queue = multiprocessing.Queue()
    for item in range(3):
        queue.put(item)
    tell("order", [queue.get() for _ in range(3)], queue.full())
    queue.close()
    tell("closed", attempt(queue.join_thread), attempt(queue.empty))
    queue = multiprocessing.Queue()
    queue.close()
    tell("closed unused", attempt(queue.empty), attempt(queue.join_thread))
    queue = multiprocessing.Queue()
    process = multiprocessing.Process(target=queue.put, args=["x"])
    process.start()
    process.join()
    tell("after join", queue.empty(), attempt(queue.get_nowait))
    simple = multiprocessing.SimpleQueue()
    simple.put(1)
    tell("simple", simple.empty(), simple.get(), simple.empty())
    simple.close()
    tell("simple closed", attempt(lambda: simple.put(1)), attempt(simple.get), attempt(simple.empty))
    joinable = multiprocessing.JoinableQueue()
    joinable.put(1)
    tell("joinable", joinable.get(), attempt(joinable.task_done), attempt(joinable.join), attempt(joinable.task_done))


def memory():
    value = multiprocessing.Value("i", 5)
    value.value += 1
    with value.get_lock():
        value.value += 1
    tell("value", value.value)
    array = multiprocessing.Array("i", 2)
    array[1] = 4
    tell("array", [array[0], array[1]], len(array), attempt(lambda: array[2]))


def locks():
    lock = multiprocessing.Lock()
    tell("lock", attempt(lock.release), lock.acquire(), lock.acquire(False), lock.acquire(timeout=SHORT))
    process = multiprocessing.Process(target=lock.release)
    process.start()
    process.join()
    tell("released by another", lock.acquire(False))
    rlock = multiprocessing.RLock()
    tell("rlock", attempt(rlock.release), rlock.acquire(), rlock.acquire(), attempt(rlock.release), attempt(rlock.release))
    tell("rlock after", attempt(rlock.release))
    condition = multiprocessing.Condition()
    tell("condition", attempt(condition.wait), attempt(condition.notify), attempt(condition.notify_all))
    with condition:
        tell("in vain", condition.wait(SHORT), attempt(condition.notify))


def semaphores():
    semaphore = multiprocessing.Semaphore(2)
    tell("take", semaphore.acquire(), semaphore.acquire(timeout=SHORT))
    tell("take too many", semaphore.acquire(False), semaphore.acquire(timeout=SHORT))
    process = multiprocessing.Process(target=semaphore.release)
    process.start()
    process.join()
    tell("released by another", semaphore.acquire(False), semaphore.acquire(False))
    for _ in range(3):
        semaphore.release()
    tell("released more", [semaphore.acquire(False) for _ in range(4)])
    bounded = multiprocessing.BoundedSemaphore(1)
    tell("bounded", attempt(bounded.release), bounded.acquire(), attempt(bounded.release), attempt(bounded.release))
    tell("bounded after", bounded.acquire(False), bounded.acquire(False))


def wait_and_put(barrier, queue):
    queue.put(attempt(barrier.wait))


def barriers():
    barrier, queue = multiprocessing.Barrier(2), multiprocessing.Queue()
    process = multiprocessing.Process(target=wait_and_put, args=[barrier, queue])
    process.start()
    index = barrier.wait()
    tell("through", index + int(queue.get()), barrier.parties, barrier.n_waiting, barrier.broken)
    process.join()
    tell("time out", attempt(lambda: barrier.wait(SHORT)), barrier.broken, attempt(barrier.wait))
    barrier.reset()
    process = multiprocessing.Process(target=wait_and_put, args=[barrier, queue])
    process.start()
    until(lambda: barrier.n_waiting == 1)
    barrier.abort()
    tell("abort", queue.get(), barrier.broken)
    process.join()
    barrier = multiprocessing.Barrier(1, action=multiprocessing.Lock().release)
    tell("action fails", attempt(barrier.wait), barrier.broken)


def managers():
    manager = multiprocessing.Manager()
    value, queue, dictionary = manager.Value("i", 0), manager.Queue(), manager.dict()
    items, space, event, lock = manager.list([1]), manager.Namespace(), manager.Event(), manager.Lock()
    value.value = 3
    items.append(2)
    dictionary["a"] = 1
    space.x = 4
    event.set()
    queue.put(5)
    tell("kept", value.value, items[:], items.pop(), len(items), dictionary["a"], space.x, event.is_set(), queue.get())
    tell("missing", attempt(lambda: items[9]), attempt(lambda: dictionary["b"]), attempt(lambda: space.y))
    tell("misuse", attempt(lock.release), attempt(queue.get_nowait), attempt(queue.task_done), attempt(queue.task_done))
    tell("condition", attempt(manager.Condition().notify), attempt(manager.RLock().release))
    semaphore, bounded = manager.Semaphore(1), manager.BoundedSemaphore(1)
    tell("semaphore", semaphore.acquire(), semaphore.acquire(False), semaphore.acquire(True, SHORT), attempt(semaphore.release))
    tell("bounded", attempt(bounded.release), bounded.acquire(), attempt(bounded.release), attempt(bounded.release))
    manager.shutdown()
    tell("shut down", attempt(value.get), attempt(queue.get), attempt(lock.acquire), attempt(manager.Queue))


if __name__ == "__main__":
    multiprocessing.set_start_method("fork")
    for scenario in [ends, pipes, queues, memory, locks, semaphores, barriers, managers]:
        print(f"== {scenario.__name__}")
        scenario()
