//! What `VERSION 1.0` adds, inside containers.

use super::engine::Engine;
use super::on_each_engine;
use super::project::Project;
use serde_json::json;

on_each_engine!(
    heredocs_are_scripts_and_files,
    shell_and_signal_belong_to_the_image,
    parents_are_kept_and_what_is_excluded_stays,
);

fn heredocs_are_scripts_and_files(engine: Engine) {
    let project = Project::on(engine).buildfile(
        r#"
FROM busybox
interpreted:
  RUN <<'EOF'
#!/bin/sh -e
echo before %nonce%
false
echo never reached
EOF
t:
  RUN <<EOF
word="two  blanks %nonce%"
echo "$word" > /script
EOF
  RUN cat <<A - <<-'B' > /redirected
unused
A
	kept $x
	B
  RUN <<EOF
#!/bin/awk -f
BEGIN { print "awk", 6 * 7 > "/awk" }
EOF
  ARG who=world
  COPY <<hello.txt <<"raw.txt" /texts/
hello "$who" \$who 'x'
hello.txt
$who
raw.txt
  COPY --chmod=0750 <<run.sh /bin/run
#!/bin/sh
echo ran %nonce%
run.sh
  RUN /bin/run > /ran
  SAVE IMAGE rbuild-test/%nonce%:heredocs
"#,
    );
    project.rbuild(["+interpreted"]).code(1).stderr_contains("before").stderr_lacks("| never reached");
    project.rbuild(["+t"]).success();
    let read = |path: &str| {
        let file = engine.read(&project.fill("rbuild-test/%nonce%:heredocs"), path).expect("is there");
        (file.content.replace(project.nonce(), "%nonce%"), file.mode)
    };
    assert_eq!(read("/script").0, "two  blanks %nonce%\n");
    assert_eq!(read("/redirected").0, "kept $x\n");
    assert_eq!(read("/awk").0, "awk 42\n");
    assert_eq!(read("/texts/hello.txt"), ("hello \"world\" $who 'x'\n".to_owned(), 0o644));
    assert_eq!(read("/texts/raw.txt").0, "$who\n");
    assert_eq!(read("/bin/run").1, 0o750);
    assert_eq!(read("/ran").0, "ran %nonce%\n");
}

fn shell_and_signal_belong_to_the_image(engine: Engine) {
    let project = Project::on(engine).buildfile(
        r#"
t:
  FROM busybox
  RUN printf '#!/bin/sh\necho "$1|$2" > /asked\n' > /bin/own && chmod +x /bin/own
  SHELL ["/bin/own", "-x"]
  RUN echo %nonce%
  CMD serve "$x"
  STOPSIGNAL SIGINT
  HEALTHCHECK CMD ["/bin/check"]
  SAVE IMAGE rbuild-test/%nonce%:shell
"#,
    );
    project.rbuild(["+t"]).success();
    let name = project.fill("rbuild-test/%nonce%:shell");
    assert_eq!(engine.read(&name, "/asked").expect("ran").content, project.fill("-x|echo %nonce%\n"));
    let config = engine.image(&name).expect("is stored")["Config"].clone();
    assert_eq!(config["Shell"], json!(["/bin/own", "-x"]));
    assert_eq!(config["StopSignal"], "SIGINT");
    assert_eq!(config["Cmd"], json!(["/bin/own", "-x", "serve \"\""]), "{config}");
    assert_eq!(config["Healthcheck"]["Test"], json!(["CMD", "/bin/check"]));
}

fn parents_are_kept_and_what_is_excluded_stays(engine: Engine) {
    let mut project = Project::on(engine);
    let files = [
        "a/b/c.txt",
        "d/e/f",
        "d/skip.md",
        "src/lib/x.go",
        "src/lib/x_test.go",
        "src/lib/y.c",
        "src/main.go",
        "README.md",
    ];
    for path in files {
        project = project.file(path, "%nonce%");
    }
    let project = project.buildfile(
        "
FROM busybox
t:
  COPY --parents a/b/c.txt d /to
  COPY --parents --exclude=*_test.go src/./lib/*.go src/./main.go /go/
  COPY --parents --if-exists not/there /to
  COPY --parents --if-exists not/./th* none* d/./none* /to
  COPY --exclude=*.md d /plain/
  COPY --exclude=**/*.go --exclude=*.md --exclude=Buildfile . /all/
  RUN for dir in to go plain all; do cd /$dir && find . -type f | sort | tr '\\n' ' '; echo; done > /list; cat /list
  SAVE IMAGE rbuild-test/%nonce%:parents
missing:
  COPY --parents a/none.txt /to
no-match:
  COPY --parents d nomatch* /to
",
    );
    project.rbuild(["+t"]).success();
    let list = engine.read(&project.fill("rbuild-test/%nonce%:parents"), "/list").expect("is there").content;
    assert_eq!(
        list,
        "./a/b/c.txt ./d/e/f ./d/skip.md \n./lib/x.go ./main.go \n./e/f \n./a/b/c.txt ./d/e/f ./d/skip.md ./src/lib/y.c \n"
    );
    project.rbuild(["+missing"]).code(1).stderr_contains("was not found");
    project.rbuild(["+no-match"]).code(1).stderr_contains("`nomatch*` was not found");
}
