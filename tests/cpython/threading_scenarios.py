"""What CPython's `threading` does where it leaves nothing to chance: a line for each fact.

The recorded output is what `tests/cpython.rs` compares the Rust primitives with. To record it anew:

    python3 tests/cpython/threading_scenarios.py > tests/cpython/threading_scenarios.txt
"""

import sys
import threading
import time

LONG = 60
SHORT = 0.01


def attempt(function):
    """The result, or the exception as the last line of a traceback has it."""
    try:
        return repr(function())
    except Exception as error:
        kind = type(error)
        name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
        return f"{name}: {error}" if str(error) else name


def tell(name, *facts):
    print(f"{name}: " + ", ".join(str(fact) for fact in facts))


def run(target):
    thread = threading.Thread(target=target)
    thread.start()
    thread.join()


def until(condition):
    """Waits for what no primitive tells of: that a thread has fallen asleep."""
    while not condition():
        time.sleep(0.001)


def locks():
    lock = threading.Lock()
    tell("release a free lock", attempt(lock.release))
    tell("acquire", lock.acquire(), lock.locked(), lock.acquire(blocking=False), lock.acquire(timeout=SHORT))
    run(lock.release)
    tell("released by another", lock.locked())
    lock = threading.RLock()
    tell("release a free rlock", attempt(lock.release))
    tell("acquire twice", lock.acquire(), lock.acquire(blocking=False))
    run(lambda: tell("another's", lock.acquire(blocking=False), attempt(lock.release)))
    lock.release()
    lock.release()
    tell("release thrice", attempt(lock.release))


def conditions():
    for make in [threading.Lock, threading.RLock]:
        condition = threading.Condition(make())
        tell("wait without the lock", attempt(condition.wait), attempt(lambda: condition.wait(SHORT)))
        tell("notify without the lock", attempt(condition.notify), attempt(condition.notify_all))
        tell("wait_for what is true", attempt(lambda: condition.wait_for(lambda: True)))
    with condition:
        tell("time out", condition.wait(SHORT), condition.wait_for(lambda: False, SHORT))
    order = []

    def sleeper(number):
        with condition:
            condition.wait()
            order.append(number)

    threads = [threading.Thread(target=sleeper, args=(number,)) for number in range(4)]
    for number, thread in enumerate(threads):
        thread.start()
        until(lambda: len(condition._waiters) == number + 1)
    for count in [1, 2, 1]:
        before = len(order)
        with condition:
            condition.notify(count)
        until(lambda: len(order) == before + count)
        tell("woken so far", sorted(order))
    for thread in threads:
        thread.join()


def events():
    event = threading.Event()
    tell("a new event", event.is_set(), event.wait(SHORT))
    event.set()
    tell("set", event.is_set(), event.wait(), event.wait(SHORT))
    event.clear()
    tell("cleared", event.is_set(), event.wait(SHORT))


def semaphores():
    semaphore = threading.Semaphore(2)
    tell("take", semaphore.acquire(), semaphore.acquire(timeout=SHORT))
    tell("take too many", semaphore.acquire(blocking=False), semaphore.acquire(timeout=SHORT))
    semaphore.release(3)
    tell("release 3", [semaphore.acquire(blocking=False) for _ in range(4)])
    tell("release 0", attempt(lambda: semaphore.release(0)))
    run(semaphore.release)
    tell("released by another", semaphore.acquire(blocking=False))
    bounded = threading.BoundedSemaphore(2)
    tell("release a full one", attempt(bounded.release))
    bounded.acquire()
    tell("release 2 of 1", attempt(lambda: bounded.release(2)))
    tell("release 1 of 1", attempt(bounded.release))
    tell("left", [bounded.acquire(blocking=False) for _ in range(3)])


def barriers():
    barrier = threading.Barrier(3)
    indices = []
    threads = []
    for number in range(2):
        thread = threading.Thread(target=lambda: indices.append(barrier.wait()))
        thread.start()
        threads.append(thread)
        until(lambda: barrier.n_waiting == number + 1)
    tell("waiting", barrier.parties, barrier.n_waiting, barrier.broken)
    tell("the last to come", barrier.wait())
    for thread in threads:
        thread.join()
    tell("the others", sorted(indices), barrier.n_waiting, barrier.broken)
    tell("time out", attempt(lambda: barrier.wait(SHORT)), barrier.broken, barrier.n_waiting)
    tell("broken", attempt(barrier.wait))
    barrier.reset()
    tell("reset", barrier.broken)
    for end in ["abort", "reset"]:
        told = []
        thread = threading.Thread(target=lambda: told.append(attempt(barrier.wait)))
        thread.start()
        until(lambda: barrier.n_waiting == 1)
        getattr(barrier, end)()
        thread.join()
        tell(end, told[0], barrier.broken)
        barrier.reset()
    acted = []
    barrier = threading.Barrier(1, action=lambda: acted.append(barrier.n_waiting))
    tell("action", barrier.wait(), acted, barrier.n_waiting)
    barrier = threading.Barrier(1, action=threading.Lock().release)
    tell("action fails", attempt(barrier.wait), barrier.broken)
    barrier = threading.Barrier(2, timeout=SHORT)
    tell("its own time-out", attempt(barrier.wait), barrier.broken)


def threads():
    thread = threading.Thread(target=lambda: None)
    tell("not started", thread.is_alive(), thread.ident, attempt(thread.join))
    thread.daemon = True
    tell("daemon", thread.daemon)
    thread.start()
    tell("start twice", attempt(thread.start))
    tell("daemon too late", attempt(lambda: setattr(thread, "daemon", False)))
    thread.join()
    thread.join()
    tell("ended", thread.is_alive(), thread.ident is not None, attempt(thread.start), attempt(thread.join))
    tell("join oneself", attempt(threading.current_thread().join))
    run(lambda: tell("join oneself", attempt(threading.current_thread().join)))
    main = threading.main_thread()
    tell("main", main.name, main.daemon, main is threading.current_thread(), threading.active_count())
    names = []
    daemon = threading.Thread(target=lambda: names.append(threading.Thread().daemon), daemon=True)
    daemon.start()
    daemon.join()
    tell("a daemon's child", names)
    run(lambda: sys.exit(3))
    tell("exit of a thread", threading.active_count())


def locals_():
    local = threading.local()
    tell("unset", attempt(lambda: local.x))
    local.x = 1
    run(lambda: tell("another's", attempt(lambda: local.x)))
    tell("mine", local.x)
    del local.x
    tell("deleted", attempt(lambda: local.x))


def timers():
    rang = []
    timer = threading.Timer(SHORT, lambda: rang.append("rang"))
    timer.start()
    timer.join()
    tell("timer", rang, timer.is_alive())
    timer.cancel()
    timer = threading.Timer(LONG, lambda: rang.append("rang again"))
    timer.cancel()
    timer.start()
    timer.join()
    tell("cancelled before", rang)


SCENARIOS = [locks, conditions, events, semaphores, barriers, threads, locals_, timers]

if __name__ == "__main__":
    for scenario in SCENARIOS:
        print(f"== {scenario.__name__.strip('_')}")
        scenario()
