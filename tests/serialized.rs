//! Reports as `serde` sees them.

use selvedge::sync::Mutex;
use selvedge::{Explorer, Search, thread};

fn two_orders() {
    let (a, b) = (Mutex::with_name((), "a"), Mutex::with_name((), "b"));
    thread::scope(|scope| {
        thread::Builder::new()
            .name("left".into())
            .spawn_scoped(scope, || drop((a.lock(), b.lock())))
            .unwrap();
        thread::Builder::new()
            .name("right".into())
            .spawn_scoped(scope, || drop((b.lock(), a.lock())))
            .unwrap();
    });
}

#[test]
fn a_report_has_all_that_is_told_in_pieces() {
    let report = Explorer::new().name("two orders").explore(two_orders).unwrap();
    insta::assert_yaml_snapshot!(report);
}

#[test]
fn what_is_not_known_is_left_out() {
    let report = Explorer::new().search(Search::Random).executions(5).explore(|| {}).unwrap();
    insta::assert_yaml_snapshot!(report);
}
