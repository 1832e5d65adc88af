//! Selvedge as its users use it: in tests of their own.

use selvedge::base::ThreadId;
use selvedge::explore::{Config, Coverage, Search};
use selvedge::finding::{Finding, FindingKind};
use selvedge::strategy::{Decision, Options, Strategy};
use selvedge::sync::atomic::Ordering::{self, SeqCst};
use selvedge::sync::atomic::{AtomicU32, AtomicUsize};
use selvedge::sync::{Arc, Condvar, Mutex};
use selvedge::{Explorer, thread};
use std::collections::VecDeque;

/// A bounded queue: what is under test.
struct Bounded<T> {
    items: Mutex<VecDeque<T>>,
    changed: Condvar,
    room: usize,
}

impl<T> Bounded<T> {
    fn new(room: usize) -> Self {
        let items = Mutex::with_name(VecDeque::new(), "items");
        Bounded { items, changed: Condvar::with_name("changed"), room }
    }

    fn put(&self, item: T) {
        let items = self.items.lock().unwrap();
        let mut items = self.changed.wait_while(items, |items| items.len() == self.room).unwrap();
        items.push_back(item);
        self.changed.notify_all();
    }

    fn take(&self) -> T {
        let items = self.items.lock().unwrap();
        let mut items = self.changed.wait_while(items, |items| items.is_empty()).unwrap();
        self.changed.notify_all();
        items.pop_front().expect("it is not empty")
    }
}

fn passes_everything_on() {
    let queue = Arc::new(Bounded::new(1));
    let theirs = Arc::clone(&queue);
    let producer = thread::spawn(move || (0..3).for_each(|item| theirs.put(item)));
    let taken: Vec<u32> = (0..3).map(|_| queue.take()).collect();
    producer.join().unwrap();
    assert_eq!(taken, [0, 1, 2]);
}

#[test]
fn a_queue_passes_everything_on() {
    selvedge::check(passes_everything_on);
}

/// Looks and acts in two steps.
fn hands_out_one_ticket_twice() {
    let next = Arc::new(AtomicUsize::with_name(0, "next"));
    let draw = |next: &AtomicUsize| {
        let ticket = next.load(Ordering::SeqCst);
        next.store(ticket + 1, Ordering::SeqCst);
        ticket
    };
    let theirs = Arc::clone(&next);
    let other = thread::Builder::new().name("other".into()).spawn(move || draw(&theirs)).unwrap();
    let mine = draw(&next);
    assert!(mine != other.join().unwrap(), "two people have one ticket");
}

#[test]
#[should_panic(expected = "panic after a lost update: `main` panicked: two people have one ticket")]
fn a_wrong_model_fails_its_test_with_the_report() {
    selvedge::check(hands_out_one_ticket_twice);
}

#[test]
fn a_report_is_a_value() {
    let report = Explorer::new().name("tickets").explore(hands_out_one_ticket_twice).unwrap();
    assert!(report.failed());
    let [found] = report.findings() else { panic!("{report}") };
    assert_eq!(found.finding.kind(), FindingKind::Panic);
    let Finding::Panic(panic) = &found.finding else { panic!("{report}") };
    assert_eq!((panic.thread, panic.message.as_str()), (ThreadId(0), "two people have one ticket"));
    assert_eq!(found.finding.cause(), Some(FindingKind::LostUpdate), "{report}");
    assert!(report.to_string().starts_with("panic after a lost update in tickets: "), "{report}");

    // What the report says to paste fails in the same way.
    let schedule = found.schedule().to_string();
    assert!(report.to_string().contains(&format!("`Search::Replay(\"{schedule}\".parse()?)`")), "{report}");
    let replay = Explorer::new().search(Search::Replay(schedule.parse().unwrap()));
    let again = replay.explore(hands_out_one_ticket_twice).unwrap();
    assert_eq!((again.coverage(), again.executions()), (Coverage::Stopped, 1));
    assert_eq!(again.findings()[0].finding, found.finding);
}

#[test]
fn a_schedule_of_another_model_is_refused() {
    let report = Explorer::new().explore(hands_out_one_ticket_twice).unwrap();
    let schedule = report.findings()[0].schedule();
    let error = Explorer::new().search(Search::Replay(schedule)).explore(passes_everything_on).unwrap_err();
    let message = error.to_string();
    assert!(message.contains("in the schedule to replay"), "{message}");
    assert!(message.contains("explore again for a new schedule"), "{message}");
}

/// Settings as these variables make them.
fn variables(set: &[(&str, &str)]) -> Result<Config, selvedge::Error> {
    let lookup =
        |asked: &str| set.iter().find(|(name, _)| *name == asked).map(|(_, value)| value.to_string());
    Config::default().overridden(&lookup)
}

#[test]
fn variables_say_how_to_search() {
    let explore =
        |set: &[(&str, &str)]| Explorer::with(variables(set).unwrap()).explore(passes_everything_on).unwrap();
    let report =
        explore(&[("SELVEDGE_STRATEGY", "random"), ("SELVEDGE_SEED", "7"), ("SELVEDGE_BUDGET", "25")]);
    assert_eq!((report.strategy(), report.executions()), ("random walk, seed 7", 25));
    let report = explore(&[("SELVEDGE_STRATEGY", "pct:2"), ("SELVEDGE_BUDGET", "25")]);
    assert_eq!(report.executions(), 25);
    assert!(report.strategy().contains("depth 2"), "{}", report.strategy());
    let report = explore(&[("SELVEDGE_STRATEGY", "dfs")]);
    assert!(report.proved(), "{report}");
    let report = explore(&[("SELVEDGE_STRATEGY", "dfs:0")]);
    assert_eq!(report.coverage(), Coverage::AllWithin(0));
    let report = explore(&[("SELVEDGE_STEPS", "5"), ("SELVEDGE_BUDGET", "10")]);
    assert_eq!(report.cut_short(), report.executions());
    assert!(!report.proved(), "{report}");
    // The wrong model, too, seems right where no execution comes to its end: that is no test.
    let config = variables(&[("SELVEDGE_STEPS", "1")]).unwrap();
    let report = Explorer::with(config).explore(hands_out_one_ticket_twice).unwrap();
    assert!(report.is_trivial() && report.to_string().contains("raise the bound on steps"), "{report}");
}

#[test]
fn variables_that_make_no_sense_are_refused() {
    for (variable, value) in [
        ("SELVEDGE_STRATEGY", "best"),
        ("SELVEDGE_SEED", "-1"),
        ("SELVEDGE_BUDGET", "0"),
        ("SELVEDGE_STEPS", "many"),
        ("SELVEDGE_REPLAY", "a2 ?"),
    ] {
        let message = variables(&[(variable, value)]).unwrap_err().to_string();
        assert!(message.contains(": ") && !message.contains('\n'), "{message}");
    }
}

/// Lets the threads take turns in the order of their numbers; in the next execution the other way round.
struct RoundRobin {
    executions: u32,
}

impl Strategy for RoundRobin {
    fn describe(&self) -> String {
        "round robin".into()
    }

    fn begin(&mut self) -> bool {
        self.executions += 1;
        self.executions <= 2
    }

    fn thread(&mut self, options: &Options<'_>) -> Decision {
        let up = |thread: &ThreadId| *thread > options.current;
        let down = |thread: &ThreadId| *thread < options.current;
        let mut threads: Vec<ThreadId> = options.enabled.iter().collect();
        let next = if self.executions == 1 {
            threads.iter().copied().find(up)
        } else {
            threads.reverse();
            threads.iter().copied().find(down)
        };
        Decision::once(next.unwrap_or(threads[0]))
    }

    fn outcome(&mut self, _thread: ThreadId, _count: u32) -> u32 {
        0
    }
}

#[test]
fn a_strategy_of_ones_own_is_as_good_as_any() {
    let report =
        Explorer::new().strategy(RoundRobin { executions: 0 }).explore(passes_everything_on).unwrap();
    assert!(!report.failed() && !report.proved(), "{report}");
    assert_eq!((report.executions(), report.strategy()), (2, "round robin"));
    let report =
        Explorer::new().strategy(RoundRobin { executions: 0 }).explore(hands_out_one_ticket_twice).unwrap();
    // Turn by turn both load before either stores.
    assert_eq!(report.findings()[0].execution, 1, "{report}");
}

/// Gives answers that make no sense.
struct Nonsense;

impl Strategy for Nonsense {
    fn describe(&self) -> String {
        "nonsense".into()
    }

    fn begin(&mut self) -> bool {
        true
    }

    fn thread(&mut self, _options: &Options<'_>) -> Decision {
        Decision::once(ThreadId(77))
    }

    fn outcome(&mut self, _thread: ThreadId, count: u32) -> u32 {
        count
    }
}

#[test]
fn a_strategy_that_chooses_who_cannot_go_on_is_told_so() {
    let report = Explorer::new().strategy(Nonsense).explore(passes_everything_on).unwrap();
    assert_eq!(report.divergence(), Some("the strategy chose a thread that cannot go on"));
    assert!(report.failed(), "{report}");
}

/// Panics when it is asked who goes on after the end of a thread.
struct Fragile {
    asked: u32,
}

impl Strategy for Fragile {
    fn describe(&self) -> String {
        "fragile".into()
    }

    fn begin(&mut self) -> bool {
        true
    }

    fn thread(&mut self, options: &Options<'_>) -> Decision {
        self.asked += 1;
        // The youngest goes first, so that it ends while the main thread and another have something to do.
        let thread = options.enabled.iter().last().unwrap();
        assert!(self.asked < 2 || thread.0 > 1, "it is fragile");
        Decision::once(thread)
    }

    fn outcome(&mut self, _thread: ThreadId, _count: u32) -> u32 {
        0
    }
}

/// Whoever has resumed the thread that ended must not go on as if nothing had happened.
#[test]
fn a_strategy_that_panics_at_the_end_of_a_thread_is_heard() {
    let model = || {
        let shared = Arc::new(AtomicU32::new(0));
        let threads = [(); 2].map(|()| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || shared.fetch_add(1, SeqCst))
        });
        shared.load(SeqCst);
        assert_eq!(threads.map(|thread| thread.join().unwrap()).len(), 2);
    };
    for _ in 0..3 {
        let explore = || Explorer::new().strategy(Fragile { asked: 0 }).explore(model);
        let payload = std::panic::catch_unwind(explore).unwrap_err();
        let message = payload.downcast_ref::<String>().unwrap();
        assert!(message.starts_with("it is fragile (tests/own_test.rs:"), "{message}");
        assert!(Explorer::new().explore(model).unwrap().proved());
    }
}

#[test]
fn progress_is_told_while_it_explores() {
    use std::cell::Cell;
    use std::rc::Rc;
    let last = Rc::new(Cell::new(0));
    let told = Rc::clone(&last);
    let explorer = Explorer::new().strategy(selvedge::strategy::random(1)).executions(1_000);
    let explorer = explorer.on_progress(move |progress| told.set(progress.executions));
    explorer.check(passes_everything_on);
    assert!(last.get() > 900, "{}", last.get());
}

#[test]
fn models_may_be_explored_by_several_tests_at_once() {
    let explorations: Vec<_> = (0..4)
        .map(|seed| {
            std::thread::spawn(move || {
                let explorer = Explorer::new().strategy(selvedge::strategy::random(seed)).executions(200);
                explorer.explore(passes_everything_on).unwrap().executions()
            })
        })
        .collect();
    for exploration in explorations {
        assert_eq!(exploration.join().unwrap(), 200);
    }
}

#[test]
fn the_types_behave_as_stds_outside_of_an_exploration() {
    passes_everything_on();
}
