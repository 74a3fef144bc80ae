//! Results of steps that come from a registry, and go there.

use super::engine::{DOCKER_20, DOCKER_28, DOCKER_28_CONTAINERD, Engine, pushed_config, registry};
use super::outcome::Outcome;
use super::project::Project;

/// What nobody may find in a registry.
const SECRET: &str = "xyzzy-the-token";

/// Steps that write something else each time they run. Everything is made of files: engines that had an image before know it by keys of
/// their own.
fn project() -> Project {
    let text = "
shell:
  FROM busybox
  SAVE ARTIFACT /bin/busybox AS LOCAL sh
bottom:
  FROM scratch
  COPY sh /bin/sh
  COPY sh /bin/cat
  COPY file /file
dep:
  FROM +bottom
  RUN read word < /proc/sys/kernel/random/uuid; echo $word > /out
  SAVE ARTIFACT /out
t:
  FROM +bottom
  IF read word < /file
    RUN --secret TOKEN test $TOKEN && read word < /proc/sys/kernel/random/uuid && echo $word > /made
  END
  COPY +dep/out /out
  RUN read word < /proc/sys/kernel/random/uuid; echo $word >> /made
  SAVE ARTIFACT /made AS LOCAL made
  SAVE ARTIFACT /out AS LOCAL out
  SAVE IMAGE --push %registry%/rbuild-test/%nonce%:v1
";
    let project = Project::new().file("file", "%nonce%\n").buildfile(&text.replace("%registry%", &registry()));
    project.rbuild(["+shell"]).success();
    project
}

fn build(project: &Project, engine: Engine, options: &[&str]) -> Outcome {
    let (host, secret) = (engine.host(), format!("TOKEN={SECRET}"));
    let always = ["--docker-host", &host, "--secret", &secret];
    project.start_with(&[&always, options, &["+t"]].concat()).finish()
}

/// What the steps wrote.
fn made(project: &Project) -> [String; 2] {
    ["made", "out"].map(|path| project.read(path).expect("is saved"))
}

/// The steps of the names that ran.
fn ran(outcome: &Outcome) -> Vec<String> {
    outcome.steps("done").into_iter().filter(|name| name.starts_with("RUN")).collect()
}

#[test]
fn an_image_that_is_pushed_is_a_cache_for_other_engines() {
    for (from, to) in [(DOCKER_28, DOCKER_28_CONTAINERD), (DOCKER_28_CONTAINERD, DOCKER_28)] {
        let project = project();
        build(&project, from, &["--push", "--save-inline-cache"]).success();
        let written = made(&project);
        let again = build(&project, to, &["--use-inline-cache", "--progress=json"]).success();
        assert_eq!(ran(&again), Vec::<String>::new(), "{again}");
        assert_eq!(made(&project), written);
        assert!(again.events().iter().any(|event| event["event"] == "registry_cache" && event["state"] == "found"));
        from.remove_images(project.nonce());
    }
}

#[test]
fn the_cache_in_an_image_holds_no_secret() {
    for engine in [DOCKER_20, DOCKER_28, DOCKER_28_CONTAINERD] {
        let project = project();
        let name = project.fill("rbuild-test/%nonce%");
        build(&project, engine, &["--push"]).success();
        assert!(!pushed_config(&name, "v1").contains("moby.buildkit.cache"), "nobody asked for one");
        build(&project, engine, &["--push", "--save-inline-cache"]).success();
        let config = pushed_config(&name, "v1");
        assert!(config.contains("moby.buildkit.cache"), "{config}");
        assert!(!config.contains(SECRET));
        engine.remove_images(project.nonce());
    }
}

#[test]
fn a_cache_of_its_own_is_written_by_one_engine_and_read_by_another() {
    let project = project();
    let cache = format!("{}/{}", registry(), project.fill("rbuild-test/%nonce%:cache"));
    let options = ["--push", "--max-remote-cache", "--remote-cache", &cache];
    build(&project, DOCKER_28_CONTAINERD, &options).success().stderr_contains(&format!("cache {cache} pushed"));
    let written = made(&project);
    let again = build(&project, DOCKER_28, &["--remote-cache", &cache, "--progress=json"]).success();
    assert_eq!(ran(&again), Vec::<String>::new(), "{again}");
    assert_eq!(made(&project), written);
    DOCKER_28_CONTAINERD.remove_images(project.nonce());
}

#[test]
fn what_an_engine_cannot_write_is_told_before_a_step_runs() {
    let project = project();
    let cache = format!("{}/rbuild-test/none:cache", registry());
    for engine in [DOCKER_20, DOCKER_28] {
        let told = build(&project, engine, &["--push", "--remote-cache", &cache]).code(4);
        let told = told.stderr_contains("it needs the containerd image store").stderr_contains("--save-inline-cache");
        assert!(told.stderr_lacks("--> ").stderr.contains("`--remote-cache` with `--push`"));
    }
    build(&project, DOCKER_28, &["--max-remote-cache"]).code(2).stderr_contains("there is no remote cache");
}

#[test]
fn a_cache_that_is_not_there_fails_no_build() {
    let missing = format!("{}/rbuild-test/never-written:v1", registry());
    for engine in [DOCKER_20, DOCKER_28, DOCKER_28_CONTAINERD] {
        let project = Project::on(engine).buildfile(&format!(
            "FROM busybox\nt:\n  RUN : %nonce%\n  SAVE IMAGE --cache-from={missing} rbuild-test/%nonce%:v1\n"
        ));
        let outcome = project.rbuild(["-v", "--cache-from", "127.0.0.1:9/none:v1", "+t"]).success();
        let outcome = outcome.stderr_contains("note: nothing comes from the cache `127.0.0.1:9/none:v1`: ");
        let outcome = outcome.stderr_contains(&format!("note: there is no cache {missing} yet"));
        assert_eq!(outcome.stderr.matches("127.0.0.1:9/none:v1").count(), 1, "it is told once\n{outcome}");
        engine.remove_images(project.nonce());
    }
}
