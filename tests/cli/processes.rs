//! Several rbuild processes at the same time.

use super::project::Project;
use rustix::process::Signal;

/// How often two checkouts are built side by side. `RBUILD_TEST_ROUNDS=50` looks harder.
fn rounds() -> usize {
    std::env::var("RBUILD_TEST_ROUNDS").map_or(10, |rounds| rounds.parse().expect("RBUILD_TEST_ROUNDS is a number"))
}

#[test]
fn a_cached_build_waits_for_no_slot_and_no_lock() {
    let project = Project::new().buildfile(
        "
FROM busybox
hold:
  RUN --mount=type=cache,id=%nonce%,sharing=locked,target=/cache echo holding %nonce%; sleep 300
cached:
  RUN --mount=type=cache,id=%nonce%,sharing=locked,target=/cache echo built %nonce%
",
    );
    project.rbuild(["-j", "1", "+cached"]).success().stderr_contains("| built");
    let mut holding = project.start(["-j", "1", "+hold"]);
    holding.wait_for("| holding");
    project.rbuild(["-j", "1", "--progress=json", "+cached"]).success().all_cached();
    assert!(holding.is_running());
    holding.signal(Signal::INT);
    holding.finish().code(130);
}

#[test]
fn two_checkouts_built_together_each_see_their_own_file() {
    let one = Project::new().buildfile("FROM busybox\nt:\n  COPY . /all\n  RUN cat /all/own /all/same\n");
    one.write("same", "same %nonce%\n");
    let two = one.checkout();
    for round in 0..rounds() {
        one.write("own", &format!("one {round} %nonce%\n"));
        two.write("own", &format!("two {round} %nonce%\n"));
        let together = [one.start(["+t"]), two.start(["+t"])];
        for (running, name) in together.into_iter().zip(["one", "two"]) {
            let outcome = running.finish().success();
            let expected = [one.fill(&format!("{name} {round} %nonce%")), one.fill("same %nonce%")];
            assert_eq!(outcome.printed_by("+t"), expected, "round {round}\n{outcome}");
        }
    }
}

#[test]
fn beside_a_long_build_of_common_steps_a_second_build_is_cached_the_second_time() {
    let project = Project::new().file("a", "%nonce%").buildfile(
        "
FROM busybox
common:
  COPY a /
  RUN echo common > /one
  RUN echo common > /two
long:
  FROM +common
  RUN echo waiting; sleep 300
short:
  FROM +common
  RUN echo own > /three
  RUN echo own > /four
",
    );
    let mut long = project.start(["+long"]);
    long.wait_for("| waiting");
    project.rbuild(["--progress=json", "+short"]).success();
    project.rbuild(["--progress=json", "+short"]).success().all_cached();
    assert!(long.is_running());
    long.signal(Signal::INT);
    long.finish().code(130);
}

#[test]
fn a_locked_cache_is_used_by_one_process_at_a_time_and_the_wait_is_told() {
    let one = Project::new().buildfile(
        "
FROM busybox
t:
  ARG who
  RUN --mount=type=cache,id=%nonce%,sharing=locked,target=/cache \\
      touch /cache/in-$who; echo \"neighbours $(ls /cache | grep -c ^in-)\"; sleep 0.3; \\
      echo \"neighbours $(ls /cache | grep -c ^in-)\"; rm /cache/in-$who
hold:
  RUN --mount=type=cache,id=%nonce%,sharing=locked,target=/cache echo holding %nonce%; sleep 300
",
    );
    let two = one.checkout();
    let (first, second) = (one.start(["+t", "--who=one"]), two.start(["+t", "--who=two"]));
    for running in [first, second] {
        let outcome = running.finish().success();
        let counts: Vec<_> =
            outcome.printed_by("+t").into_iter().filter(|line| line.starts_with("neighbours")).collect();
        assert_eq!(counts, ["neighbours 1", "neighbours 1"], "{outcome}");
    }
    let mut holding = one.start(["+hold"]);
    holding.wait_for("| holding");
    let mut waiting = two.start(["+t", "--who=three"]);
    waiting.wait_for("for cache");
    let holder = format!("held by +hold, pid {}", holding.pid());
    // Another command sees the same, and is in nobody's way.
    let listed = one.rbuild(["locks"]).success();
    let lock = one.fill("cache rbuild/id/%nonce%\n  ") + &holder;
    assert!(listed.stdout.starts_with(&lock), "{listed}");
    assert!(listed.stdout.contains(&format!("\n  wanted by +t, pid {}, for ", waiting.pid())), "{listed}");
    let json = one.rbuild(["locks", "--format", "json"]).success();
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let [held, wanted] = ["holders", "waiters"].map(|side| &json["locks"][0][side][0]);
    assert_eq!((&held["pid"], &held["process"]), (&holding.pid().into(), &"alive".into()), "{json}");
    assert_eq!((&wanted["pid"], &wanted["mode"]), (&waiting.pid().into(), &"exclusive".into()), "{json}");
    holding.signal(Signal::INT);
    holding.finish().code(130);
    waiting.finish().success().stderr_contains(&holder);
    let listed = one.rbuild(["locks"]).success();
    assert!(listed.stdout.starts_with("no lock in "), "{listed}");
}

#[test]
fn a_lock_that_does_not_come_free_ends_the_build_and_names_the_option() {
    let project = Project::new().buildfile(
        "
FROM busybox
hold:
  RUN --mount=type=cache,id=%nonce%,sharing=locked,target=/cache echo holding %nonce%; sleep 300
t:
  RUN --mount=type=cache,id=%nonce%,sharing=locked,target=/cache echo %nonce%
",
    );
    let mut holding = project.start(["+hold"]);
    holding.wait_for("| holding");
    let outcome = project.rbuild(["--lock-timeout", "1s", "+t"]).code(4);
    let holder = format!(": held by +hold, pid {}", holding.pid());
    let outcome = outcome.stderr_contains("--lock-timeout").stderr_contains(&project.fill("cache `rbuild/id/%nonce%`"));
    let outcome = outcome.stderr_contains(&holder);
    assert!(holding.is_running(), "{outcome}");
    holding.signal(Signal::INT);
    holding.finish().code(130);
}
