//! Images in the engine's store.

use super::engine::Engine;
use super::on_each_engine;
use super::project::Project;
use serde_json::{Value, json};

on_each_engine!(
    the_configuration_of_an_image_is_what_the_recipe_says,
    one_image_may_have_several_names,
    an_image_from_scratch_holds_only_what_was_copied,
    an_image_from_a_target_inherits_its_configuration,
    an_image_that_is_there_already_is_not_stored_again,
);

fn config(engine: Engine, name: &str) -> Value {
    engine.image(name).unwrap_or_else(|| panic!("{name} is stored"))["Config"].clone()
}

fn the_configuration_of_an_image_is_what_the_recipe_says(engine: Engine) {
    let project = Project::on(engine).buildfile(
        r#"
FROM busybox
t:
  ARG name=world
  ENV GREETING="hello $name"
  ENV PATH=$PATH:/extra
  WORKDIR /srv/dir
  USER 1000:1000
  LABEL com.example.nonce=%nonce% com.example.text="two words"
  EXPOSE 80 443/tcp 53/udp
  VOLUME /data /more
  HEALTHCHECK --interval=7s --timeout=3s --retries=2 --start-period=1s CMD test -e /ok
  ENTRYPOINT ["/bin/echo", "a b"]
  CMD ["c", "$name"]
  SAVE IMAGE rbuild-test/%nonce%:config
shell:
  CMD echo $HOST
  ENTRYPOINT cat
  SAVE IMAGE rbuild-test/%nonce%:shell
"#,
    );
    project.rbuild(["+t"]).success().stderr_contains(&project.fill("image rbuild-test/%nonce%:config stored (+t)"));
    project.rbuild(["+shell"]).success();
    let found = config(engine, &project.fill("rbuild-test/%nonce%:config"));
    let env = found["Env"].as_array().expect("has an environment");
    assert!(env.contains(&json!("GREETING=hello world")), "{found}");
    let path = env.iter().filter_map(Value::as_str).find(|variable| variable.starts_with("PATH=")).expect("has a path");
    assert!(path.ends_with(":/extra"), "{found}");
    assert!(!env.iter().any(|variable| variable.to_string().contains("name=")), "an ARG stays out: {found}");
    assert_eq!(found["WorkingDir"], "/srv/dir");
    assert_eq!(found["User"], "1000:1000");
    assert_eq!(found["Labels"]["com.example.nonce"], project.nonce());
    assert_eq!(found["Labels"]["com.example.text"], "two words");
    assert_eq!(found["ExposedPorts"], json!({"80/tcp": {}, "443/tcp": {}, "53/udp": {}}));
    assert_eq!(found["Volumes"], json!({"/data": {}, "/more": {}}));
    let second = 1_000_000_000_u64;
    let health = &found["Healthcheck"];
    assert_eq!(health["Test"], json!(["CMD-SHELL", "test -e /ok"]));
    assert_eq!([&health["Interval"], &health["Timeout"], &health["StartPeriod"]], [7 * second, 3 * second, second]);
    assert_eq!(health["Retries"], 2);
    assert_eq!(found["Entrypoint"], json!(["/bin/echo", "a b"]));
    assert_eq!(found["Cmd"], json!(["c", "$name"]));
    let found = config(engine, &project.fill("rbuild-test/%nonce%:shell"));
    assert_eq!(found["Entrypoint"], json!(["/bin/sh", "-c", "cat"]));
}

fn one_image_may_have_several_names(engine: Engine) {
    let project = Project::on(engine).buildfile(
        "
FROM busybox
t:
  RUN echo %nonce% > /a
  SAVE IMAGE rbuild-test/%nonce%:one rbuild-test/%nonce%:two
  SAVE IMAGE rbuild-test/%nonce%/three
  RUN echo later > /b
  SAVE IMAGE rbuild-test/%nonce%:later
",
    );
    project.rbuild(["+t"]).success();
    let id = |name: &str| engine.image(&project.fill(name)).unwrap_or_else(|| panic!("{name}"))["Id"].clone();
    let one = id("rbuild-test/%nonce%:one");
    assert_eq!(one, id("rbuild-test/%nonce%:two"));
    assert_eq!(one, id("rbuild-test/%nonce%/three:latest"));
    assert_ne!(one, id("rbuild-test/%nonce%:later"));
    let read = |name: &str, path: &str| engine.read(&project.fill(name), path);
    assert!(read("rbuild-test/%nonce%:one", "/b").is_none());
    assert_eq!(read("rbuild-test/%nonce%:later", "/b").expect("is there").content, "later\n");
}

fn an_image_from_scratch_holds_only_what_was_copied(engine: Engine) {
    let project = Project::on(engine).file("hello.txt", "hello %nonce%\n").buildfile(
        "
t:
  FROM scratch
  COPY hello.txt /etc/hello
  CMD [\"/etc/hello\"]
  SAVE IMAGE rbuild-test/%nonce%:scratch
",
    );
    project.rbuild(["+t"]).success();
    let name = project.fill("rbuild-test/%nonce%:scratch");
    let file = engine.read(&name, "/etc/hello").expect("was copied");
    assert_eq!(file.content, project.fill("hello %nonce%\n"));
    assert_eq!((file.mode, file.uid, file.gid), (0o644, 0, 0));
    assert!(engine.read(&name, "/bin").is_none());
    assert_eq!(config(engine, &name)["Cmd"], json!(["/etc/hello"]));
    let layers = &engine.image(&name).expect("is stored")["RootFS"]["Layers"];
    assert_eq!(layers.as_array().map(Vec::len), Some(1), "{layers}");
}

fn an_image_from_a_target_inherits_its_configuration(engine: Engine) {
    let project = Project::on(engine).buildfile(
        r#"
base-image:
  FROM busybox
  ENV A=1
  WORKDIR /w
  USER nobody
  LABEL of=base
  EXPOSE 80
  CMD ["base"]
  SAVE IMAGE rbuild-test/%nonce%:base
t:
  FROM +base-image
  ENV B=$A$A
  LABEL also=t
  EXPOSE 81
  SAVE IMAGE rbuild-test/%nonce%:t
u:
  FROM +base-image
  ENTRYPOINT ["new"]
  SAVE IMAGE rbuild-test/%nonce%:u
"#,
    );
    project.rbuild(["+t", "+u"]).success();
    let found = config(engine, &project.fill("rbuild-test/%nonce%:t"));
    let env = found["Env"].as_array().expect("has an environment");
    assert!(env.contains(&json!("A=1")) && env.contains(&json!("B=11")), "{found}");
    assert_eq!([&found["WorkingDir"], &found["User"]], ["/w", "nobody"]);
    assert_eq!(found["Cmd"], json!(["base"]));
    assert_eq!([&found["Labels"]["of"], &found["Labels"]["also"]], ["base", "t"]);
    assert_eq!(found["ExposedPorts"], json!({"80/tcp": {}, "81/tcp": {}}));
    let replaced = config(engine, &project.fill("rbuild-test/%nonce%:u"));
    assert_eq!(
        (&replaced["Entrypoint"], &replaced["Cmd"]),
        (&json!(["new"]), &Value::Null),
        "an entry point drops the command"
    );
    let base = engine.image(&project.fill("rbuild-test/%nonce%:base"));
    assert!(base.is_none(), "FROM only takes a target's data; its images are not output");
}

fn an_image_that_is_there_already_is_not_stored_again(engine: Engine) {
    let project = Project::on(engine)
        .buildfile("FROM busybox\nt:\n  RUN echo %nonce% > /a\n  SAVE IMAGE rbuild-test/%nonce%:same\n");
    let name = project.fill("rbuild-test/%nonce%:same");
    project.rbuild(["+t"]).success();
    let first = engine.image(&name).expect("is stored");
    project.rbuild(["--progress=json", "+t"]).success().all_cached();
    let second = engine.image(&name).expect("is stored");
    assert_eq!(first["Id"], second["Id"]);
}

#[test]
fn an_image_tells_where_it_comes_from_unless_it_must_not() {
    let project = Project::new().buildfile(
        "
FROM busybox
t:
  RUN : %nonce%
  SAVE IMAGE rbuild-test/%nonce%:told
  SAVE IMAGE --without-earthly-labels rbuild-test/%nonce%:bare
",
    );
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"];
        let output = std::process::Command::new("git")
            .args(identity)
            .args(arguments)
            .current_dir(project.path("."))
            .output()
            .expect("git runs");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("is text").trim().to_owned()
    };
    git(&["init", "--quiet"]);
    git(&["commit", "--quiet", "--allow-empty", "--message", "first"]);
    let hash = git(&["rev-parse", "HEAD"]);
    project.rbuild(["+t"]).success();
    let labels = |name: &str| config(project.engine(), &project.fill(name))["Labels"].clone();
    let told = json!({
        "dev.rbuild.version": env!("CARGO_PKG_VERSION"),
        "dev.rbuild.built-by": "rbuild",
        "dev.rbuild.git-sha": hash,
    });
    assert_eq!(labels("rbuild-test/%nonce%:told"), told);
    assert!(labels("rbuild-test/%nonce%:bare").as_object().is_none_or(serde_json::Map::is_empty));
}

#[test]
fn images_of_targets_that_are_only_read_are_not_stored() {
    let project = Project::new().buildfile(
        "
FROM busybox
data:
  RUN echo %nonce% > /a
  SAVE ARTIFACT /a
  SAVE IMAGE rbuild-test/%nonce%:data
t:
  COPY +data/a /
  SAVE IMAGE rbuild-test/%nonce%:t
built:
  BUILD +data
",
    );
    project.rbuild(["+t"]).success();
    let stored = |name: &str| project.engine().image(&project.fill(name)).is_some();
    assert!(stored("rbuild-test/%nonce%:t"));
    assert!(!stored("rbuild-test/%nonce%:data"));
    project.rbuild(["+built"]).success();
    assert!(stored("rbuild-test/%nonce%:data"), "BUILD asks for a target's outputs");
}

#[test]
fn nothing_is_stored_without_output_or_after_a_failure() {
    let project = Project::new().buildfile(
        "
FROM busybox
image:
  RUN echo %nonce% > /a
  SAVE IMAGE rbuild-test/%nonce%:x
fails:
  RUN echo %nonce%; exit 1
all:
  BUILD +image
  BUILD +fails
",
    );
    let stored = || project.engine().image(&project.fill("rbuild-test/%nonce%:x")).is_some();
    project.rbuild(["--no-output", "+image"]).success();
    assert!(!stored());
    project.rbuild(["--ci", "+image"]).success();
    assert!(!stored());
    project.rbuild(["+all"]).code(1);
    assert!(!stored(), "outputs happen when everything succeeded");
    project.rbuild(["+image"]).success();
    assert!(stored());
}

#[test]
fn two_targets_that_save_one_name_are_told_so() {
    let project = Project::new().buildfile(
        "
FROM busybox
a:
  SAVE IMAGE rbuild-test/%nonce%:x
b:
  RUN : %nonce%
  SAVE IMAGE rbuild-test/%nonce%:x
",
    );
    let outcome = project.rbuild(["+a", "+b"]);
    assert_ne!(outcome.status.code(), Some(0), "{outcome}");
    outcome.stderr_contains(&project.fill("rbuild-test/%nonce%:x"));
}
