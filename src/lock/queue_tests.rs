use super::*;
use std::os::unix::fs::FileExt;

fn queue() -> (tempfile::TempDir, Queue, HolderInfo) {
    let dir = tempfile::tempdir().unwrap();
    let queue = Queue::new(dir.path().join("k.queue"), &LockKey::new("cache", "k"));
    (dir, queue, HolderInfo::here("+test"))
}

#[test]
fn tickets_are_served_in_the_order_in_which_they_were_drawn() {
    let (_dir, queue, me) = queue();
    assert_eq!(queue.waiting(LockMode::Exclusive).unwrap(), 0);
    let mut first = queue.draw(LockMode::Exclusive, &me).unwrap();
    let mut second = queue.draw(LockMode::Exclusive, &me).unwrap();
    let mut third = queue.draw(LockMode::Exclusive, &me).unwrap();
    assert_eq!([&mut first, &mut second, &mut third].map(|ticket| queue.ahead(ticket).unwrap()), [0, 1, 2]);
    drop(second);
    assert_eq!([&mut first, &mut third].map(|ticket| queue.ahead(ticket).unwrap()), [0, 1]);
    drop(first);
    assert_eq!(queue.ahead(&mut third).unwrap(), 0);
    assert_eq!(queue.waiting(LockMode::Shared).unwrap(), 1);
}

#[test]
fn shared_tickets_wait_for_exclusive_ones_alone() {
    let (_dir, queue, me) = queue();
    let mut reader = queue.draw(LockMode::Shared, &me).unwrap();
    let mut another = queue.draw(LockMode::Shared, &me).unwrap();
    let mut writer = queue.draw(LockMode::Exclusive, &me).unwrap();
    let mut late = queue.draw(LockMode::Shared, &me).unwrap();
    let ahead = [&mut reader, &mut another, &mut writer, &mut late].map(|ticket| queue.ahead(ticket).unwrap());
    assert_eq!(ahead, [0, 0, 2, 1]);
}

#[test]
fn a_dead_ticket_is_passed_and_deleted() {
    let (_dir, queue, me) = queue();
    let ticket = queue.draw(LockMode::Exclusive, &me).unwrap();
    // what a killed process leaves: the file, and no lock
    let (file, path) = ticket.record.0.keep().unwrap();
    drop(file);
    let mut mine = queue.draw(LockMode::Exclusive, &me).unwrap();
    assert_eq!(mine.number, 2);
    assert_eq!(queue.ahead(&mut mine).unwrap(), 0);
    assert!(!path.exists());
}

#[test]
fn a_waiter_that_says_nothing_keeps_nobody_waiting_but_keeps_its_place() {
    let (_dir, queue, me) = queue();
    let mut stopped = queue.draw(LockMode::Exclusive, &me).unwrap();
    let mut mine = queue.draw(LockMode::Exclusive, &me).unwrap();
    let old = std::time::SystemTime::now() - Duration::from_secs(60);
    stopped.record.0.as_file().set_modified(old).unwrap();
    assert_eq!(queue.ahead(&mut mine).unwrap(), 0);
    stopped.last_sign = Instant::now().checked_sub(SIGN_OF_LIFE).unwrap();
    assert_eq!(queue.ahead(&mut stopped).unwrap(), 0);
    assert_eq!(queue.ahead(&mut mine).unwrap(), 1);
}

#[test]
fn foreign_files_are_no_tickets() {
    let (_dir, queue, me) = queue();
    let mut mine = queue.draw(LockMode::Exclusive, &me).unwrap();
    for name in ["x", "1-x", "1-y-z", "-x-y", "99999999999999999999999-x-y", ".nfs0001"] {
        std::fs::write(queue.dir.join(name), "").unwrap();
    }
    assert_eq!(queue.ahead(&mut mine).unwrap(), 0);
    assert_eq!(queue.draw(LockMode::Exclusive, &me).unwrap().number, 2);
}

#[test]
fn holders_are_those_who_are_alive() {
    let (_dir, queue, me) = queue();
    assert_eq!(queue.holders().unwrap(), []);
    let record = queue.enlist(&me).unwrap();
    let half = queue.enlist(&me).unwrap();
    half.0.as_file().set_len(3).unwrap();
    half.0.as_file().write_all_at(b"{\"p", 0).unwrap();
    let (file, _) = queue.enlist(&HolderInfo { target: "+dead".into(), ..me.clone() }).unwrap().0.keep().unwrap();
    drop(file);
    let holders = queue.holders().unwrap();
    assert_eq!(holders, [HolderInfo { since_ms: holders[0].since_ms, ..me }]);
    drop(record);
    assert_eq!(queue.holders().unwrap(), []);
}
