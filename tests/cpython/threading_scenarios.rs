//! The scenarios of `threading_scenarios.py`.

use super::{LONG, Lines, SHORT, Scenario, append, list, repr, run, until};
use selvedge::python::threading::{
    AnyLock, Barrier, BoundedSemaphore, Condition, Event, Local, Lock, RLock, Semaphore, Thread, Timer,
    active_count, current_thread, main_thread,
};
use selvedge::python::{Shared, sys};

pub(super) const SCENARIOS: [Scenario; 8] = [
    ("locks", locks),
    ("conditions", conditions),
    ("events", events),
    ("semaphores", semaphores),
    ("barriers", barriers),
    ("threads", threads),
    ("locals", locals),
    ("timers", timers),
];

/// `acquire()` returns `True`.
fn acquired(acquire: impl FnOnce()) -> String {
    acquire();
    repr(true)
}

fn locks(lines: &Lines) {
    let lock = Lock::new();
    lines.tell("release a free lock", &[&repr(lock.release())]);
    let first = acquired(|| lock.acquire());
    let rest = [lock.locked(), lock.try_acquire(), lock.acquire_timeout(SHORT)].map(repr);
    lines.tell("acquire", &[&first, &rest[0], &rest[1], &rest[2]]);
    let same = lock.clone();
    run(move || same.release());
    lines.tell("released by another", &[&repr(lock.locked())]);
    let lock = RLock::new();
    lines.tell("release a free rlock", &[&repr(lock.release())]);
    lines.tell("acquire twice", &[&acquired(|| lock.acquire()), &repr(lock.try_acquire())]);
    let (same, theirs) = (lock.clone(), lines.clone());
    run(move || theirs.tell("another's", &[&repr(same.try_acquire()), &repr(same.release())]));
    lock.release().unwrap();
    lock.release().unwrap();
    lines.tell("release thrice", &[&repr(lock.release())]);
}

fn conditions(lines: &Lines) {
    let mut last = None;
    for lock in [AnyLock::from(&Lock::new()), AnyLock::from(&RLock::new())] {
        let condition = Condition::over(&lock);
        let waits = [repr(condition.wait()), repr(condition.wait_timeout(SHORT))];
        lines.tell("wait without the lock", &[&waits[0], &waits[1]]);
        let notifies = [repr(condition.notify()), repr(condition.notify_all())];
        lines.tell("notify without the lock", &[&notifies[0], &notifies[1]]);
        lines.tell("wait_for what is true", &[&repr(condition.wait_for(|| true).is_ok())]);
        last = Some(condition);
    }
    let condition = last.expect("two were made");
    condition.with(|| {
        let waited = condition.wait_timeout(SHORT).unwrap();
        let waited_for = condition.wait_for_timeout(|| false, SHORT).unwrap();
        lines.tell("time out", &[&repr(waited), &repr(waited_for)]);
    });
    wake_in_order(lines, &condition);
}

/// Who falls asleep is known here by the lock: nobody counts himself without it.
fn wake_in_order(lines: &Lines, condition: &Condition) {
    let (order, asleep) = (list(), Shared::new(0));
    let sleepers: Vec<Thread> = (0..4)
        .map(|number| {
            let (condition, order, asleep) = (condition.clone(), order.clone(), asleep.clone());
            Thread::new(move || {
                condition.with(|| {
                    asleep.set(asleep.get() + 1);
                    condition.wait().unwrap();
                    append(&order, number);
                });
            })
        })
        .collect();
    for (number, sleeper) in sleepers.iter().enumerate() {
        sleeper.start().unwrap();
        until(|| condition.with(|| asleep.get() == number + 1));
    }
    for count in [1, 2, 1] {
        let before = order.get().len();
        condition.with(|| condition.notify_n(count)).unwrap();
        until(|| order.get().len() == before + count as usize);
        let mut woken: Vec<i32> = order.get();
        woken.sort_unstable();
        lines.tell("woken so far", &[&repr(woken)]);
    }
    sleepers.iter().for_each(|sleeper| sleeper.join().unwrap());
}

fn events(lines: &Lines) {
    let event = Event::new();
    lines.tell("a new event", &[&repr(event.is_set()), &repr(event.wait_timeout(SHORT))]);
    event.set();
    let set = repr(event.is_set());
    lines.tell("set", &[&set, &acquired(|| event.wait()), &repr(event.wait_timeout(SHORT))]);
    event.clear();
    lines.tell("cleared", &[&repr(event.is_set()), &repr(event.wait_timeout(SHORT))]);
}

fn semaphores(lines: &Lines) {
    let semaphore = Semaphore::new(2);
    lines.tell("take", &[&acquired(|| semaphore.acquire()), &repr(semaphore.acquire_timeout(SHORT))]);
    let vain = [semaphore.try_acquire(), semaphore.acquire_timeout(SHORT)].map(repr);
    lines.tell("take too many", &[&vain[0], &vain[1]]);
    semaphore.release_n(3).unwrap();
    let four: Vec<bool> = (0..4).map(|_| semaphore.try_acquire()).collect();
    lines.tell("release 3", &[&repr(four)]);
    lines.tell("release 0", &[&repr(semaphore.release_n(0))]);
    let same = semaphore.clone();
    run(move || same.release());
    lines.tell("released by another", &[&repr(semaphore.try_acquire())]);
    let bounded = BoundedSemaphore::new(2);
    lines.tell("release a full one", &[&repr(bounded.release())]);
    bounded.acquire();
    lines.tell("release 2 of 1", &[&repr(bounded.release_n(2))]);
    lines.tell("release 1 of 1", &[&repr(bounded.release())]);
    let three: Vec<bool> = (0..3).map(|_| bounded.try_acquire()).collect();
    lines.tell("left", &[&repr(three)]);
}

fn barriers(lines: &Lines) {
    let barrier = Barrier::new(3);
    let threads: Vec<(Thread, Shared<usize>)> = (0..2)
        .map(|number| {
            let (same, index) = (barrier.clone(), Shared::new(9));
            let mine = index.clone();
            let thread = Thread::new(move || mine.set(same.wait().unwrap()));
            thread.start().unwrap();
            until(|| barrier.n_waiting() == number + 1);
            (thread, index)
        })
        .collect();
    let waiting = [repr(barrier.parties()), repr(barrier.n_waiting()), repr(barrier.broken())];
    lines.tell("waiting", &[&waiting[0], &waiting[1], &waiting[2]]);
    lines.tell("the last to come", &[&repr(barrier.wait())]);
    threads.iter().for_each(|(thread, _)| thread.join().unwrap());
    let mut indices: Vec<usize> = threads.iter().map(|(_, index)| index.get()).collect();
    indices.sort_unstable();
    let after = [repr(barrier.n_waiting()), repr(barrier.broken())];
    lines.tell("the others", &[&repr(indices), &after[0], &after[1]]);
    let late = repr(barrier.wait_timeout(SHORT));
    lines.tell("time out", &[&late, &repr(barrier.broken()), &repr(barrier.n_waiting())]);
    lines.tell("broken", &[&repr(barrier.wait())]);
    barrier.reset();
    lines.tell("reset", &[&repr(barrier.broken())]);
    for (end, ends) in [("abort", Barrier::abort as fn(&Barrier)), ("reset", Barrier::reset)] {
        let (same, told) = (barrier.clone(), Shared::new(String::new()));
        let tell = told.clone();
        let thread = Thread::new(move || tell.set(repr(same.wait())));
        thread.start().unwrap();
        until(|| barrier.n_waiting() == 1);
        ends(&barrier);
        thread.join().unwrap();
        lines.tell(end, &[&told.get(), &repr(barrier.broken())]);
        barrier.reset();
    }
    acting_barriers(lines);
}

fn acting_barriers(lines: &Lines) {
    let acted = list();
    let itself: Shared<Option<Barrier>> = Shared::new(None);
    let (act, known) = (acted.clone(), itself.clone());
    let barrier = Barrier::new(1).action(move || {
        let waiting = known.get().map(|barrier: Barrier| barrier.n_waiting());
        append(&act, waiting.expect("it is known by now"));
    });
    itself.set(Some(barrier.clone()));
    let index = repr(barrier.wait());
    lines.tell("action", &[&index, &repr(acted.get()), &repr(barrier.n_waiting())]);
    let lock = Lock::new();
    let barrier = Barrier::new(1).action(move || lock.release());
    lines.tell("action fails", &[&repr(barrier.wait()), &repr(barrier.broken())]);
    let barrier = Barrier::new(2).timeout(SHORT);
    lines.tell("its own time-out", &[&repr(barrier.wait()), &repr(barrier.broken())]);
    // A barrier that knows itself is never dropped otherwise.
    itself.set(None);
}

fn threads(lines: &Lines) {
    let thread = Thread::new(|| ());
    let ident = thread.ident().map_or("None".to_owned(), |ident| ident.to_string());
    lines.tell("not started", &[&repr(thread.is_alive()), &ident, &repr(thread.join())]);
    thread.set_daemon(true).unwrap();
    lines.tell("daemon", &[&repr(thread.is_daemon())]);
    thread.start().unwrap();
    lines.tell("start twice", &[&repr(thread.start())]);
    lines.tell("daemon too late", &[&repr(thread.set_daemon(false))]);
    thread.join().unwrap();
    thread.join().unwrap();
    let again = [repr(thread.start()), repr(thread.join())];
    let ended = [repr(thread.is_alive()), repr(thread.ident().is_some())];
    lines.tell("ended", &[&ended[0], &ended[1], &again[0], &again[1]]);
    lines.tell("join oneself", &[&repr(current_thread().join())]);
    let theirs = lines.clone();
    run(move || theirs.tell("join oneself", &[&repr(current_thread().join())]));
    let main = main_thread();
    let is_me = repr(main == current_thread());
    lines.tell("main", &[&main.name(), &repr(main.is_daemon()), &is_me, &repr(active_count())]);
    let names = list();
    let name = names.clone();
    let daemon = Thread::new(move || append(&name, Thread::new(|| ()).is_daemon())).daemon(true);
    daemon.start().unwrap();
    daemon.join().unwrap();
    lines.tell("a daemon's child", &[&repr(names.get())]);
    run(|| {
        if main_thread().is_alive() {
            sys::exit(3)
        }
    });
    lines.tell("exit of a thread", &[&repr(active_count())]);
}

fn locals(lines: &Lines) {
    let local = Local::new("x");
    lines.tell("unset", &[&repr(local.get())]);
    local.set(1);
    let (same, theirs) = (local.clone(), lines.clone());
    run(move || theirs.tell("another's", &[&repr(same.get())]));
    lines.tell("mine", &[&repr(local.get())]);
    local.delete().unwrap();
    lines.tell("deleted", &[&repr(local.get())]);
}

fn timers(lines: &Lines) {
    let rang = list();
    let ring = rang.clone();
    let timer = Timer::new(SHORT, move || append(&ring, "rang"));
    timer.start().unwrap();
    timer.join().unwrap();
    lines.tell("timer", &[&repr(rang.get()), &repr(timer.is_alive())]);
    timer.cancel();
    let ring = rang.clone();
    let timer = Timer::new(LONG, move || append(&ring, "rang again"));
    timer.cancel();
    timer.start().unwrap();
    timer.join().unwrap();
    lines.tell("cancelled before", &[&repr(rang.get())]);
}
