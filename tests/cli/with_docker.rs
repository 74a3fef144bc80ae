//! `WITH DOCKER`: real daemons in real containers. `dind:latest` is an image with a daemon (`scripts/engine dind`).

use super::engine::{DOCKER_28, DOCKER_28_CONTAINERD, Engine, seconds_since_1970};
use super::on_each_engine;
use super::project::Project;
use rustix::process::Signal;
use std::collections::HashMap;
use std::thread;
use std::time::{Duration, Instant};

on_each_engine!(
    a_kept_daemon_gets_no_image_twice_and_a_cached_step_starts_nothing,
    inner_containers_publish_ports_on_localhost_and_see_the_steps_files,
    services_of_compose_run_beside_the_command,
    a_failed_try_saves_what_the_command_left,
    this_machines_commands_use_the_engine_that_builds,
);

/// Prints `loaded` for each image that the step's daemon was sent.
pub const LOADED: &str = "docker events --since 1 --until $(date +%s.%N) --filter event=load --format loaded";

/// Prints the last line of a page on localhost, `ask PORT PATH`, as soon as it is there; the image has no client but bash.
const ASK: &str = r#"#!/bin/bash
until [[ $got = *" 200 OK"* ]]; do
  sleep 0.05
  got=$(exec 3<>/dev/tcp/localhost/$1 && printf 'GET /%s HTTP/1.0\r\n\r\n' "$2" >&3 && cat <&3)
done 2>/dev/null
tail -n 1 <<<"$got"
"#;

fn a_kept_daemon_gets_no_image_twice_and_a_cached_step_starts_nothing(engine: Engine) {
    let project = Project::on(engine).file("in", "one").buildfile(
        "
VERSION 1.0
FROM dind:latest
app:
  FROM busybox
  RUN echo %nonce% > /made
t:
  COPY in /in
  WITH DOCKER --load app:1=+app --cache-id %nonce%
    RUN LOADED; docker run --rm app:1 cat /made > /out; cat /in
  END
  RUN cat /in /out > /both
  SAVE ARTIFACT /both AS LOCAL both
",
    );
    project.write("Buildfile", &project.read("Buildfile").expect("is there").replace("LOADED", LOADED));
    let made = || engine.containers_made(seconds_since_1970() - 170, project.nonce()).len();
    let outcome = project.rbuild(["-P", "-j", "auto", "+t"]).success();
    assert_eq!(&outcome.printed_by("+t")[..1], ["loaded"], "{outcome}");
    let peaks = std::fs::read(project.cache_dir().join("peaks.json")).expect("what the step needed is remembered");
    let peaks: HashMap<String, u64> = serde_json::from_slice(&peaks).expect("is JSON");
    assert!(peaks.values().any(|bytes| *bytes > 10_000_000), "a daemon needs more: {peaks:?}");
    assert_eq!(made(), 1);
    project.rbuild(["-P", "--progress=json", "+t"]).success().all_cached();
    assert_eq!(made(), 1, "what is cached starts nothing");
    project.write("in", "two");
    let outcome = project.rbuild(["-P", "+t"]).success();
    assert_eq!(outcome.printed_by("+t"), ["two"], "the image was there\n{outcome}");
    assert_eq!(project.read("both").as_deref(), Some("two%nonce%\n"));
    assert_eq!(made(), 2, "one of its files is another");
    assert_eq!(engine.containers(project.nonce()), [""; 0]);
}

fn inner_containers_publish_ports_on_localhost_and_see_the_steps_files(engine: Engine) {
    let project = Project::on(engine).file("ask", ASK).file("page", "page %nonce%").buildfile(
        r#"
VERSION 1.0
FROM dind:latest
WORKDIR /www
app:
  FROM busybox
  ENTRYPOINT ["httpd", "-f", "-h", "/www"]
t:
  COPY page .
  COPY --chmod=755 ask /
  VOLUME /data
  ENTRYPOINT ["/entry"]
  CMD ["own"]
  ENV OWN=1
  RUN mkdir -p /data && touch /before && find / -xdev -path /proc -prune -o -print | sort > /before
  WITH DOCKER --load app:1=+app
    RUN --secret TOKEN \
        docker run -d -p 8080:80 -v $PWD:/www app:1 >/dev/null; /ask 8080 page; \
        echo ${#TOKEN} > /data/below-a-volume; : %nonce%
  END
  RUN cat /data/below-a-volume; find / -xdev -path /proc -prune -o -print | sort | comm -3 /before -
  SAVE IMAGE rbuild-test/%nonce%:t
"#,
    );
    let outcome = project.rbuild(["-P", "--secret", "TOKEN=hunter-%nonce%", "+t"]).success();
    let length = project.fill("hunter-%nonce%").len().to_string();
    let printed = outcome.printed_by("+t");
    assert!(printed.contains(&&*project.fill("page %nonce%")), "{outcome}");
    assert_eq!(printed.iter().filter(|line| **line == length).count(), 1, "{outcome}");
    // The containerd store keeps what the engine itself puts into containers.
    let of_engine = |line: &&str| engine == DOCKER_28_CONTAINERD && ["/.dockerenv", "/etc/mtab"].contains(line);
    let new = printed.iter().map(|line| line.trim()).filter(|line| line.starts_with('/') && !of_engine(line));
    let new: Vec<&str> = new.collect();
    assert_eq!(new, ["/data/below-a-volume"], "nothing of the daemon's is left\n{outcome}");
    let image = project.fill("rbuild-test/%nonce%:t");
    let config = engine.image(&image).expect("is stored")["Config"].clone();
    assert_eq!(config["Entrypoint"], serde_json::json!(["/entry"]), "{config}");
    assert_eq!(config["Cmd"], serde_json::json!(["own"]), "{config}");
    assert!(config["Volumes"]["/data"].is_object(), "{config}");
    let told = config.to_string() + &engine.history(&image) + &outcome.stderr;
    assert!(!told.contains("hunter") && !told.contains("WITH_DOCKER"), "{told}");
}

fn services_of_compose_run_beside_the_command(engine: Engine) {
    let project = Project::on(engine)
        .file("ask", ASK)
        .file(
            "compose.yml",
            "
services:
  one:
    image: app:1
    command: sh -c 'nc -l -p 9000 -e true & until wget -qO /www/got http://two/index.html; do sleep 0.1; done; httpd -f -h /www'
    ports: ['8081:80']
  two:
    image: app:1
    command: sh -c 'until nc -w 1 one 9000; do sleep 0.1; done; echo from two %nonce% >/www/index.html; httpd -f -h /www'
  never:
    image: none/of-this-name
",
        )
        .buildfile(
            r#"
VERSION 1.0
FROM dind:latest
WORKDIR /w
app:
  FROM busybox
  RUN mkdir /www
t:
  COPY compose.yml .
  COPY --chmod=755 ask /
  WITH DOCKER --compose compose.yml --service one --service two --load app:1=+app
    RUN /ask 8081 got
  END
"#,
        );
    let outcome = project.rbuild(["-P", "+t"]).success();
    assert!(outcome.printed_by("+t").contains(&&*project.fill("from two %nonce%")), "{outcome}");
}

fn a_failed_try_saves_what_the_command_left(engine: Engine) {
    let project = Project::on(engine).buildfile(
        "
VERSION 1.0
FROM dind:latest
app:
  FROM busybox
  RUN echo %nonce% > /made
t:
  ARG code
  TRY
    WITH DOCKER --load app:1=+app --cache-id %nonce%
      RUN echo testing; docker run --rm app:1 cat /made > /report; exit $code
    END
  CATCH
    RUN echo caught $(cat /report)
  FINALLY
    SAVE ARTIFACT /report AS LOCAL out/report
    SAVE ARTIFACT --if-exists /none AS LOCAL out/none
  END
  RUN echo goes on
",
    );
    for _ in 0..2 {
        // The second time, too: a failure is not replayed.
        let outcome = project.rbuild(["-P", "+t", "--code=3"]).code(1).stderr_contains("exit code 3");
        assert_eq!(outcome.printed_by("+t"), ["testing", &project.fill("caught %nonce%")], "{outcome}");
        assert_eq!(project.read("out/report").as_deref(), Some("%nonce%\n"), "{outcome}");
        assert_eq!(project.list("out"), ["report"]);
        std::fs::remove_dir_all(project.path("out")).expect("was written");
    }
    let outcome = project.rbuild(["-P", "+t", "--code=0"]).success();
    assert_eq!(outcome.printed_by("+t"), ["testing", "goes on"], "{outcome}");
    assert_eq!(project.list("out"), ["report"]);
    project.rbuild(["-P", "--progress=json", "+t", "--code=0"]).success().all_cached();
    assert_eq!(engine.containers(project.nonce()), [""; 0]);
}

/// A project whose commands find a compose: that of the image with a daemon.
fn with_compose(engine: Engine) -> Project {
    let project = Project::on(engine);
    let bin = project.path("bin");
    std::fs::create_dir(&bin).expect("a directory can be made");
    let script = "id=$(docker create dind:latest) && docker cp -q $id:/usr/libexec/docker/cli-plugins/docker-compose . && docker rm $id";
    let mut shell = std::process::Command::new("/bin/sh");
    shell.args(["-c", script]).current_dir(&bin).env("DOCKER_HOST", engine.host());
    assert!(shell.output().expect("a shell").status.success());
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display());
    project.env("PATH", &path)
}

const HERE: &str = r#"
VERSION 1.0
app:
  FROM busybox
  COPY here /
  RUN echo %nonce% | cat /here - > /made
t:
  LOCALLY
  ARG for=0
  RUN echo here > here
  WITH DOCKER --load rbuild-test/%nonce%:1=+app --pull busybox:latest --cache-id none --compose compose.yml --service two
    RUN id=$(docker create rbuild-test/%nonce%:1 true) && docker cp $id:/made - | tar -xO; docker rm $id >/dev/null;         docker ps --filter label=com.docker.compose.project=$COMPOSE_PROJECT_NAME --format '{{.Label "com.docker.compose.service"}}' | sort;         echo begun; sleep $for; exit $(cat code)
  END
  RUN echo after
"#;

const SERVICES: &str = "
services:
  one: {image: 'rbuild-test/%nonce%:1', init: true, command: sleep 1000}
  two: {image: busybox, init: true, command: sleep 1000, depends_on: [one]}
  never: {image: none/of-this-name}
";

fn this_machines_commands_use_the_engine_that_builds(engine: Engine) {
    let project = with_compose(engine).file("compose.yml", SERVICES).file("code", "0").file("here", "").buildfile(HERE);
    let none = |text: &str| assert_eq!(engine.containers(project.nonce()), [""; 0], "{text}");
    let outcome = project.rbuild(["+t"]).success();
    let printed = ["here", &project.fill("%nonce%"), "one", "two", "begun", "after"];
    let told: Vec<&str> = outcome.printed_by("+t").into_iter().filter(|line| printed.contains(line)).collect();
    assert_eq!(told, printed, "{outcome}");
    none("after success");
    project.write("code", "7");
    project.rbuild(["+t"]).code(1).stderr_contains("exit code 7").stderr_lacks("| after");
    none("after a failure");
    let mut running = project.start(["+t", "--for=300"]);
    running.wait_for("| begun");
    let mut second = project.start(["+t", "--for=300"]);
    second.wait_for("for compose");
    second.signal(Signal::INT);
    second.finish().code(130);
    running.signal(Signal::INT);
    running.finish().code(130);
    none("after a stop");
}

#[test]
fn services_on_this_machine_need_its_compose() {
    let project = Project::new().file("compose.yml", "services: {}").buildfile(
        "
VERSION 1.0
t:
  LOCALLY
  WITH DOCKER --compose compose.yml
    RUN never
  END
",
    );
    // A machine that has one is none of these.
    let shell = "[ $# = 2 ] || exit 0; exit 1";
    project.write("bin/docker", &format!("#!/bin/sh\n{shell}\n"));
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(project.path("bin/docker"), mode).expect("is ours");
    let bin = project.path("bin").display().to_string();
    let outcome = project.env("PATH", &bin).rbuild(["+t"]).code(1);
    let _told = outcome.stderr_contains("there is no docker compose on this machine").stderr_contains("install");
}

#[test]
fn images_without_a_daemon_get_one() {
    let project = Project::new().buildfile(
        "
VERSION 1.0
app:
  FROM busybox
  RUN echo %nonce% > /made
t:
  ARG from
  FROM $from
  WITH DOCKER --load app:1=+app
    RUN docker run --rm app:1 cat /made
  END
  RUN ! command -v docker && ls -A /opt
all:
  BUILD +t --from=busybox --from=alpine:3.20 --from=debian:bookworm
",
    );
    let outcome = project.rbuild(["-P", "--dockerd-image", "dind:latest", "+all"]).success();
    let made = outcome.stderr.lines().filter(|line| line.ends_with(&project.fill("| %nonce%"))).count();
    assert_eq!(made, 3, "{outcome}");
}

#[test]
fn the_commands_exit_code_is_the_steps_and_nothing_is_kept_of_it() {
    let project = Project::new().buildfile(
        "
VERSION 1.0
FROM dind:latest
t:
  WITH DOCKER --cache-id %nonce%
    RUN echo said; exit 17
  END
",
    );
    for _ in 0..2 {
        let outcome = project.rbuild(["-P", "+t"]).code(1).stderr_contains("exit code 17");
        assert_eq!(outcome.printed_by("+t"), ["said"], "{outcome}");
        assert_eq!(DOCKER_28.containers(project.nonce()), [""; 0]);
    }
}

#[track_caller]
pub fn until_no_container(project: &Project) {
    let began = Instant::now();
    while !project.engine().containers(project.nonce()).is_empty() {
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", project.engine().containers(project.nonce()));
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn two_steps_of_one_cache_run_at_once_and_a_third_waits_and_says_for_whom() {
    let project = Project::new().buildfile(
        "
VERSION 1.0
FROM dind:latest
t:
  ARG who
  ARG for=0
  WITH DOCKER --cache-id %nonce%
    RUN --secret TOKEN echo here is $who with ${#TOKEN}; sleep $for; : %nonce%
  END
",
    );
    let start = |who: &str, long| {
        project.start([
            "-P",
            "--secret",
            "TOKEN=hunter-%nonce%",
            "+t",
            &format!("--who={who}"),
            &format!("--for={long}"),
        ])
    };
    let mut one = start("one", "300");
    one.wait_for("| here is one");
    let mut two = start("two", "300");
    two.wait_for("| here is two");
    let running = DOCKER_28.containers(project.nonce());
    assert_eq!(running.len(), 2, "{running:?}");
    let mut three = start("three", "0");
    three.wait_for("for docker-cache");
    let listed = project.rbuild(["locks"]).success();
    for held in [&one, &two] {
        assert!(listed.stdout.contains(&format!("held by +t, pid {}, ", held.pid())), "{listed}");
    }
    let made = DOCKER_28.containers_made(seconds_since_1970() - 170, project.nonce());
    for name in made {
        let told = DOCKER_28.container(&name);
        assert!(!told.contains("hunter"), "a secret is in what the engine tells:\n{told}");
    }
    // One of them is killed, and its container ends by itself; the other one is asked to stop.
    one.signal(Signal::KILL);
    assert_eq!(one.finish().status.code(), None);
    three.finish().success().stderr_contains("| here is three").stderr_contains("held by +t, pid");
    assert!(two.is_running());
    two.signal(Signal::INT);
    two.finish().code(130);
    until_no_container(&project);
    let listed = project.rbuild(["locks"]).success();
    assert!(!listed.stdout.contains("\n  held by") && !listed.stdout.contains("\n  wanted by"), "{listed}");
    start("four", "0").finish().success().stderr_contains("| here is four");
}

#[test]
fn a_failed_build_leaves_no_names_of_the_steps_beside_it() {
    let project = Project::new().buildfile(
        "
all:
  BUILD +long
  BUILD +fails
long:
  FROM dind:latest
  WITH DOCKER --pull busybox:latest
    RUN echo begun %nonce%; sleep 300
  END
fails:
  LOCALLY
  RUN until [ -e go ]; do sleep 0.05; done; exit 9
",
    );
    let mut running = project.start(["-P", "-j", "2", "+all"]);
    running.wait_for("| begun");
    let own = format!("-{}-", running.pid());
    let names = || project.engine().image_names(&own);
    assert_ne!(names(), [""; 0], "the step has them while it runs");
    project.write("go", "");
    running.finish().code(1).stderr_contains("+fails failed");
    assert_eq!(names(), [""; 0]);
}
