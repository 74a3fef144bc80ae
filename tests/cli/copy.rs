//! COPY from the context and from other targets.

use super::engine::{DOCKER_28, Engine};
use super::on_each_engine;
use super::project::Project;

on_each_engine!(
    files_globs_and_directories_land_where_they_should,
    owners_and_modes_are_set,
    times_are_the_same_for_everybody_unless_kept,
    artifacts_of_targets_are_copied,
    owners_and_links_of_artifacts_are_kept_where_that_is_said,
    artifacts_come_for_the_platform_and_arguments_that_variables_name,
);

fn files_globs_and_directories_land_where_they_should(engine: Engine) {
    let project = Project::on(engine)
        .file("a.txt", "%nonce%")
        .file("b.txt", "b")
        .file("c.md", "c")
        .file("dir/one", "1")
        .file("dir/sub/two", "2")
        .file("other/three", "3")
        .buildfile(
            "
FROM busybox
t:
  WORKDIR /w
  COPY a.txt .
  COPY a.txt renamed
  COPY a.txt b.txt into/
  COPY *.txt globbed/
  COPY [bc].* some/
  COPY dir contents
  COPY --dir dir other kept/
  COPY --dir dir .
  COPY dir/* flat/
  COPY a.txt /abs/deep/name
  COPY --if-exists missing.txt a.txt none/
  RUN find . /abs -type f | sort
",
        );
    let outcome = project.rbuild(["+t"]).success();
    let expected = "./a.txt ./contents/one ./contents/sub/two ./dir/one ./dir/sub/two ./flat/one ./flat/two ./globbed/a.txt ./globbed/b.txt \
        ./into/a.txt ./into/b.txt ./kept/dir/one ./kept/dir/sub/two ./kept/other/three ./none/a.txt ./renamed ./some/b.txt \
        ./some/c.md /abs/deep/name";
    let expected: Vec<&str> = expected.split_whitespace().collect();
    assert_eq!(outcome.printed_by("+t"), expected, "{outcome}");
}

fn owners_and_modes_are_set(engine: Engine) {
    let project = Project::on(engine).file("a", "%nonce%").file("d/b", "b").buildfile(
        r#"
FROM busybox
t:
  RUN echo 'app:x:1234:2345::/:/bin/sh' >> /etc/passwd; echo 'team:x:3456:' >> /etc/group
  WORKDIR /w
  COPY a plain
  COPY --chown=app a by-name
  COPY --chown=app:team a by-both
  COPY --chown=77:88 a by-number
  COPY --chown=99 --dir d .
  COPY --chmod=0750 a mode
  COPY --chmod=700 --dir d modes/
  RUN stat -c '%n %u:%g %a' plain by-name by-both by-number d d/b mode modes/d modes/d/b
  USER app
  COPY a /w/of-user
  RUN stat -c '%n %u:%g' /w/of-user
"#,
    );
    let outcome = project.rbuild(["+t"]).success();
    let expected = [
        "plain 0:0 644",
        "by-name 1234:2345 644",
        "by-both 1234:3456 644",
        "by-number 77:88 644",
        "d 99:99 755",
        "d/b 99:99 644",
        "mode 0:0 750",
        "modes/d 0:0 700",
        "modes/d/b 0:0 700",
        "/w/of-user 1234:2345",
    ];
    assert_eq!(outcome.printed_by("+t"), expected, "{outcome}");
}

fn times_are_the_same_for_everybody_unless_kept(engine: Engine) {
    let project = Project::on(engine).file("a", "%nonce%").file("d/b", "b").buildfile(
        "
FROM busybox
t:
  WORKDIR /w
  COPY a plain
  COPY --dir d .
  COPY --keep-ts a kept
  RUN stat -c '%n %Y' plain d d/b kept
",
    );
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_234_567_890);
    let file = std::fs::File::options().write(true).open(project.path("a")).expect("is there");
    file.set_modified(time).expect("the time can be set");
    let outcome = project.rbuild(["+t"]).success();
    // 2020-04-16T12:00:00Z
    let expected = ["plain 1587038400", "d 1587038400", "d/b 1587038400", "kept 1234567890"];
    assert_eq!(outcome.printed_by("+t"), expected, "{outcome}");
}

fn artifacts_of_targets_are_copied(engine: Engine) {
    let project = Project::on(engine).buildfile(
        "
FROM busybox
made:
  ARG what=default
  WORKDIR /out
  RUN mkdir -p dir/sub && echo %nonce% > one.txt && echo $what > what.txt && echo 4 > dir/sub/four && chown -R 5:6 dir
  SAVE ARTIFACT one.txt
  SAVE ARTIFACT what.txt renamed/
  SAVE ARTIFACT dir /top
t:
  WORKDIR /w
  COPY +made/one.txt .
  COPY (+made/renamed/what.txt --what='two words') what
  COPY +made/top copied
  COPY --dir +made/top .
  COPY +made/top/sub/four +made/one.txt several/
  COPY +made/*.txt globbed/
  COPY --if-exists +made/nothing .
  RUN find . -type f | sort; cat what; stat -c '%n %u:%g' copied/sub/four
",
    );
    let outcome = project.rbuild(["+t"]).success();
    let expected = [
        "./copied/sub/four",
        "./globbed/one.txt",
        "./one.txt",
        "./several/four",
        "./several/one.txt",
        "./top/sub/four",
        "./what",
        "two words",
        "copied/sub/four 0:0",
    ];
    assert_eq!(outcome.printed_by("+t"), expected, "{outcome}");
}

fn owners_and_links_of_artifacts_are_kept_where_that_is_said(engine: Engine) {
    let project = Project::on(engine).buildfile(
        "
FROM busybox
made:
  RUN mkdir -p /out/d && echo %nonce% > /out/d/f && ln -s f /out/d/link && ln -s d /out/to-d && chown -Rh 5:6 /out
  RUN touch -t 200102030405.06 /out/d/f
  SAVE ARTIFACT --keep-own --keep-ts --symlink-no-follow /out /
t:
  WORKDIR /w
  COPY +made/out/d/* plain/
  COPY --keep-own --keep-ts --dir +made/out/d kept
  COPY --symlink-no-follow +made/out/d/link +made/out/to-d links/
  COPY +made/out/d/link followed
  COPY --chmod=0600 --chown=7:8 +made/out/d/f owned
  RUN stat -c '%n %u:%g %a %F %Y' plain/f plain/link kept/f links/link links/to-d followed owned | sed 's/regular //; s/symbolic //'
",
    );
    let outcome = project.rbuild(["+t"]).success();
    let fixed = 1_587_038_400;
    let expected = [
        format!("plain/f 0:0 644 file {fixed}"),
        format!("plain/link 0:0 644 file {fixed}"),
        "kept/f 5:6 644 file 981173106".to_owned(),
        format!("links/link 0:0 777 link {fixed}"),
        format!("links/to-d 0:0 777 link {fixed}"),
        format!("followed 0:0 644 file {fixed}"),
        format!("owned 7:8 600 file {fixed}"),
    ];
    assert_eq!(outcome.printed_by("+t"), expected, "{outcome}");
}

fn artifacts_come_for_the_platform_and_arguments_that_variables_name(engine: Engine) {
    let project = Project::on(engine).file("bin-amd64", "%nonce%\n").file("bin-arm64", "arm %nonce%\n").buildfile(
        "
FROM busybox
built:
  FROM scratch
  ARG TARGETARCH
  ARG as=bin
  COPY bin-$TARGETARCH /$as
  SAVE ARTIFACT /$as bin
t:
  WORKDIR /w
  ARG platform=linux/arm64
  ARG which=+built/bin
  ARG as=other
  COPY --platform=$platform +built/bin one
  COPY --platform=$platform ($which --as=$as) two
  COPY (+built/bin --as=$as) three
  RUN cat one two three
",
    );
    let outcome = project.rbuild(["+t"]).success();
    let expected = [project.fill("arm %nonce%"), project.fill("arm %nonce%"), project.fill("%nonce%")];
    assert_eq!(outcome.printed_by("+t"), expected, "{outcome}");
}

/// What is chosen of artifacts; engines before BuildKit 0.9 cannot.
const CHOICE: &str = "
VERSION 1.0
FROM busybox
made:
  RUN mkdir -p /out/lib/deep && cd /out && echo %nonce% > a.md && touch b.txt lib/c.so lib/d.md lib/deep/e.so
  SAVE ARTIFACT /out /
t:
  WORKDIR /w
  COPY --parents +made/out/lib/*.so +made/out/b.txt kept/
  COPY --parents +made/out/./lib/*.so pivot/
  COPY --exclude=*.md +made/out/* flat/
  COPY --exclude=lib/deep --exclude=**/*.md +made/out whole/
  RUN : %nonce%; find . -type f | sort
";

#[test]
fn artifacts_are_chosen_by_pattern_and_keep_their_directories() {
    for engine in [DOCKER_28, super::engine::DOCKER_28_CONTAINERD] {
        let outcome = Project::on(engine).buildfile(CHOICE).rbuild(["+t"]).success();
        let expected = "./flat/b.txt ./flat/c.so ./flat/deep/e.so ./kept/out/b.txt ./kept/out/lib/c.so ./pivot/lib/c.so \
            ./whole/b.txt ./whole/lib/c.so";
        let expected: Vec<&str> = expected.split_whitespace().collect();
        assert_eq!(outcome.printed_by("+t"), expected, "{outcome}");
    }
    let refused = Project::on(super::engine::DOCKER_20).buildfile(CHOICE).rbuild(["+t"]);
    refused.code(1).stderr_contains("`COPY --exclude` and `COPY --parents` of artifacts").stderr_contains("Docker 23");
}

#[test]
fn ignored_files_are_neither_sent_nor_copied() {
    for ignore in [".earthlyignore", ".earthignore", ".rbuildignore"] {
        let project = Project::new()
            .file(ignore, "# a comment\n*.log\nbuild\n!build/keep\n**/deep.tmp\n")
            .file("a", "%nonce%")
            .file("x.log", "x")
            .file("build/out", "x")
            .file("build/keep", "x")
            .file("d/e/deep.tmp", "x")
            .file("d/e/y.log", "y")
            .buildfile("FROM busybox\nt:\n  COPY --dir a build d /w/\n  COPY --if-exists x.log /w/\n  RUN find /w -type f | sort\n");
        let outcome = project.rbuild(["+t"]).success();
        assert_eq!(outcome.printed_by("+t"), ["/w/a", "/w/build/keep", "/w/d/e/y.log"], "{ignore}\n{outcome}");
    }
}

#[test]
fn a_source_that_is_not_there_is_named_with_its_line() {
    for source in ["missing.txt", "missing/*.txt", "dir/missing"] {
        let project = Project::new().file("dir/there", "%nonce%");
        let project = project.buildfile(&format!("FROM busybox\nt:\n  RUN : %nonce%\n  COPY {source} /\n"));
        project.rbuild(["+t"]).code(1).stderr_contains(source).stderr_contains("Buildfile:4");
    }
}

#[test]
fn an_artifact_that_its_target_does_not_save_is_named_with_its_line() {
    let project = Project::on(DOCKER_28)
        .buildfile("FROM busybox\nmade:\n  RUN echo %nonce% > /a\n  SAVE ARTIFACT /a\nt:\n  COPY +made/b /\n");
    let outcome = project.rbuild(["+t"]);
    assert_ne!(outcome.status.code(), Some(0), "{outcome}");
    outcome.stderr_contains("+made").stderr_contains("b").stderr_contains("Buildfile:6");
}

#[test]
fn files_of_a_target_in_another_directory_come_from_there() {
    let project = Project::new()
        .file("name", "here %nonce%\n")
        .file("sub/name", "there %nonce%\n")
        .file("sub/Buildfile", "FROM busybox\nu:\n  COPY name /\n  RUN cat /name\n  SAVE ARTIFACT /name\n")
        .buildfile("FROM busybox\nt:\n  COPY name /\n  RUN cat /name\n  COPY ./sub+u/name /other\n  RUN cat /other\n");
    let outcome = project.rbuild(["+t"]).success();
    let expected = [project.fill("here %nonce%"), project.fill("there %nonce%")];
    assert_eq!(outcome.printed_by("+t"), expected, "{outcome}");
    assert_eq!(outcome.printed_by("./sub+u"), [project.fill("there %nonce%")], "{outcome}");
}

#[test]
fn links_in_the_context_stay_links_inside_directories() {
    let project = Project::new().file("d/real", "%nonce%\n");
    std::os::unix::fs::symlink("real", project.path("d/link")).expect("a link can be made");
    let project = project.buildfile("FROM busybox\nt:\n  COPY --dir d /\n  RUN readlink /d/link; cat /d/link\n");
    let outcome = project.rbuild(["+t"]).success();
    assert_eq!(outcome.printed_by("+t"), ["real".to_owned(), project.nonce().to_owned()], "{outcome}");
}

#[test]
fn what_need_not_exist_may_lack_its_directory_too() {
    let project = Project::new().file("a/kept.txt", "kept\n").buildfile(
        "FROM busybox\nmade:\n  RUN mkdir -p /d/e && echo %nonce% > /d/e/f\n  SAVE ARTIFACT --if-exists /no/such/file\n  SAVE ARTIFACT --if-exists /d/e/f\nt:\n  COPY --if-exists no/such/file a/kept.txt /w/\n  COPY --if-exists +made/no/such /w/\n  COPY +made/f /w/\n  RUN ls /w\n",
    );
    let outcome = project.rbuild(["+t"]).success();
    assert_eq!(outcome.printed_by("+t"), ["f", "kept.txt"], "{outcome}");
}
