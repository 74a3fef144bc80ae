//! Buildfiles of other repositories, and `GIT CLONE`, from a git server on loopback.

use super::git_server::GitServer;
use super::project::Project;

fn project(server: &GitServer) -> Project {
    server.env().iter().fold(Project::new(), |project, (name, value)| project.env(name, value))
}

const LIBRARY: &str = "VERSION 0.8
FROM busybox
WORKDIR /w

made:
    ARG who=nobody
    COPY data.txt ignored.txt .
    RUN cat data.txt > made.txt && echo for $who >> made.txt
    SAVE ARTIFACT made.txt AS LOCAL out/made.txt

about:
    ARG EARTHLY_TARGET
    ARG EARTHLY_TARGET_TAG
    ARG EARTHLY_GIT_PROJECT_NAME
    ARG EARTHLY_GIT_SHORT_HASH
    RUN echo \"$EARTHLY_TARGET | $EARTHLY_TARGET_TAG | $EARTHLY_GIT_PROJECT_NAME | $EARTHLY_GIT_SHORT_HASH\" > about.txt
    SAVE ARTIFACT about.txt

further:
    FROM ./sub+base
    COPY ./sub+file/file.txt .
    SAVE ARTIFACT file.txt
";

const SUB: &str = "VERSION 0.8
FROM busybox
file:
    COPY +again/file.txt /file.txt
    COPY ..+made/made.txt /made.txt
    RUN cat /made.txt >> /file.txt
    SAVE ARTIFACT /file.txt
again:
    RUN echo sub > /file.txt
    SAVE ARTIFACT /file.txt
";

fn library(server: &GitServer, data: &str) -> (super::git_server::Repository, String) {
    let repository = server.repository("org/lib");
    let files = [
        ("Earthfile", LIBRARY),
        ("data.txt", data),
        // Ignore files mean nothing in what is fetched.
        (".earthlyignore", "ignored.txt\n"),
        ("ignored.txt", "x"),
        ("sub/Earthfile", SUB),
    ];
    let commit = repository.commit(&files);
    repository.tag("v1");
    (repository, commit)
}

#[test]
fn artifacts_of_other_repositories_are_copied_by_tag_by_branch_and_by_commit() {
    let server = GitServer::new();
    let project = project(&server);
    let (repository, commit) = library(&server, &project.fill("one %nonce%\n"));
    repository.commit(&[("data.txt", &project.fill("two %nonce%\n"))]);
    let project = project.buildfile(&format!(
        "
FROM busybox
t:
  COPY (git.test/org/lib:v1+made/made.txt --who=tag) tag.txt
  COPY git.test/org/lib:main+made/made.txt branch.txt
  COPY git.test/org/lib+made/made.txt default.txt
  COPY git.test/org/lib:{commit}+made/made.txt commit.txt
  COPY git.test/org/lib:v1+about/about.txt .
  COPY git.test/org/lib:v1+further/file.txt sub.txt
  COPY git.test/org/lib/sub:v1+again/file.txt again.txt
  RUN cat tag.txt branch.txt default.txt commit.txt about.txt sub.txt again.txt
"
    ));
    let outcome = project.rbuild(["+t"]).success();
    let one = project.fill("one %nonce%");
    let two = project.fill("two %nonce%");
    let about = format!("git.test/org/lib:v1+about | v1 | org/lib | {}", &commit[..8]);
    let expected = [
        &one,
        "for tag",
        &two,
        "for nobody",
        &two,
        "for nobody",
        &one,
        "for nobody",
        &about,
        "sub",
        &one,
        "for nobody",
        "sub",
    ];
    assert_eq!(outcome.printed_by("+t"), expected, "{outcome}");
    outcome.stderr_contains("git.test/org/lib:v1+made");
    // Nothing of this is output, and everything of it is known.
    assert_eq!(project.list("."), ["Buildfile"]);
    server.asked();
    project.rbuild(["--progress=json", "+t"]).success().all_cached();
    assert!(server.asked().iter().all(|path| path.ends_with("/info/refs") || path.ends_with("/git-upload-pack")));
}

#[test]
fn targets_of_other_repositories_are_built_from_the_command_line() {
    let server = GitServer::new();
    let project = project(&server);
    let (_, commit) = library(&server, &project.fill("%nonce%\n"));
    let outcome = project.rbuild(["git.test/org/lib:v1+made", "--who=me"]).success();
    outcome.stderr_contains("git.test/org/lib:v1+made");
    // What it saves goes to where the user is.
    assert_eq!(project.read("out/made.txt").as_deref(), Some("%nonce%\nfor me\n"));
    project.rbuild([&format!("git.test/org/lib:{commit}+about/about.txt"), "./here.txt"]).success();
    let about = project.read("here.txt").expect("is written");
    assert!(about.starts_with(&format!("git.test/org/lib:{commit}+about | {commit} | ")), "{about}");
    // A commit that was fetched needs no server.
    server.asked();
    project.rbuild([&format!("git.test/org/lib:{commit}+about/about.txt"), "./again.txt"]).success();
    assert_eq!(server.asked(), [""; 0]);
}

#[test]
fn functions_of_a_library_are_imported_by_tag_and_by_commit() {
    let server = GitServer::new();
    let project = project(&server);
    let repository = server.repository("org/functions");
    let library = |greeting: &str| {
        format!(
            "VERSION 0.8\nARG --global GREETING={greeting}\n\nGREET:\n    FUNCTION\n    ARG who\n    COPY +words/end.txt /end.txt\n    \
             RUN echo \"$GREETING $who$(cat /end.txt)\"\n\nROOT:\n    FUNCTION\n    RUN --privileged true\n\n\
             words:\n    FROM busybox\n    RUN echo '!' > /end.txt\n    SAVE ARTIFACT /end.txt\n"
        )
    };
    let first = repository.commit(&[("rust/Earthfile", &library("hello"))]);
    repository.commit(&[("rust/Earthfile", &library("welcome"))]);
    repository.tag("v2");
    let project = project.buildfile(&format!(
        "
VERSION 0.8
IMPORT git.test/org/functions/rust:v2
IMPORT git.test/org/functions/rust:{first} AS old
IMPORT --allow-privileged git.test/org/functions/rust:v2 AS trusted
FROM busybox
t:
  ARG place=git.test/org/functions/rust
  DO rust+GREET --who=tag-%nonce%
  DO old+GREET --who=commit
  DO git.test/org/functions/rust:v2+GREET --who=direct
  COPY $place:v2+words/end.txt /late.txt
  RUN cat /late.txt
refused:
  DO rust+ROOT
leave:
  DO trusted+ROOT
"
    ));
    let outcome = project.rbuild(["+t"]).success();
    let expected = [project.fill("welcome tag-%nonce%!"), "hello commit!".into(), "welcome direct!".into(), "!".into()];
    assert_eq!(outcome.printed_by("+t"), expected, "{outcome}");
    project.rbuild(["plan", "+refused"]).code(3).stderr_contains("allow it where it is referenced");
    project.rbuild(["plan", "+leave"]).success();
}

#[test]
fn what_is_wrong_with_a_remote_file_is_told_with_its_name_and_place() {
    let server = GitServer::new();
    let project = project(&server);
    let repository = server.repository("org/lib");
    let wrong = "VERSION 0.8\nFROM busybox\nabsolute:\n    BUILD /etc+x\nabove:\n    BUILD ../..+x\nnone:\n    RUN\n";
    repository.commit(&[("Earthfile", wrong), ("bare/Earthfile", "FROM busybox\nt:\n    RUN true\n")]);
    let project = project
        .buildfile("FROM busybox\nt:\n    BUILD git.test/org/lib:main+none\n    BUILD git.test/org/lib/bare:main+t\n");
    project
        .rbuild(["+t"])
        .code(3)
        .stderr_contains("git.test/org/lib:main/Earthfile:4:11")
        .stderr_contains("`/etc` is a directory of this machine")
        .stderr_contains("git.test/org/lib:main/Earthfile:6:11")
        .stderr_contains("leads out of its repository")
        .stderr_contains("git.test/org/lib:main/Earthfile:8")
        .stderr_contains("git.test/org/lib/bare:main/Earthfile")
        .stderr_contains("must say which version");
    for (reference, code, part) in [
        ("git.test/org/lib:v9+t", 4, "has no branch, tag or commit `v9`"),
        ("git.test/org/nothing+t", 4, "cannot fetch `git.test/org/nothing`: https://git.test/org/nothing.git: "),
        ("git.test/org+t", 2, "`git.test/org` names no repository"),
        ("git.test/org/lib/../../x+t", 2, "is not a name that a repository can have"),
        ("git.test/org/lib:--upload-pack=x+t", 2, "is not a name of a branch"),
        ("git.test/org/lib/none:main+t", 2, "there is no Buildfile in `git.test/org/lib/none:main`"),
    ] {
        project.rbuild([reference]).code(code).stderr_contains(part);
    }
}

#[test]
fn privileges_of_other_repositories_need_leave_twice() {
    let server = GitServer::new();
    let project = project(&server);
    let repository = server.repository("org/lib");
    repository.commit(&[("Earthfile", "VERSION 0.8\nFROM busybox\nt:\n    BUILD +u\nu:\n    RUN --privileged true\n")]);
    let project = project.buildfile(
        "FROM busybox\nplain:\n    BUILD git.test/org/lib:main+t\nallowed:\n    BUILD --allow-privileged git.test/org/lib:main+t\n",
    );
    let refused = "allow it where it is referenced";
    project
        .rbuild(["-P", "+plain"])
        .code(3)
        .stderr_contains(refused)
        .stderr_contains("git.test/org/lib:main/Earthfile:6");
    project.rbuild(["+allowed"]).code(3).stderr_contains("-P").stderr_lacks(refused);
    project.rbuild(["plan", "+plain"]).code(3).stderr_contains(refused);
    project.rbuild(["plan", "+allowed"]).success();
    project.rbuild(["plan", "git.test/org/lib:main+t"]).success();
}

#[test]
fn raw_output_of_other_repositories_needs_leave() {
    let server = GitServer::new();
    let project = project(&server);
    let text = project.fill("VERSION 1.0\nFROM busybox\nt:\n    RUN --raw-output echo said %nonce%\n");
    server.repository("org/lib").commit(&[("Buildfile", &text)]);
    let project = project.buildfile(
        "FROM busybox\nplain:\n    BUILD git.test/org/lib:main+t\nallowed:\n    BUILD --allow-privileged git.test/org/lib:main+t\n",
    );
    let raw = project.fill("\nsaid %nonce%\n");
    let plain = project.rbuild(["--no-cache", "+plain"]).success();
    plain.stderr_contains("`--raw-output` of another repository").stderr_lacks(&raw);
    let allowed = project.rbuild(["--no-cache", "+allowed"]).success();
    allowed.stderr_contains(&raw).stderr_lacks("another repository");
}

#[test]
fn private_repositories_are_fetched_with_the_users_logins_and_with_no_others() {
    let server = GitServer::private("me", "s3cret%nonce");
    let project = project(&server);
    let (_, commit) = library(&server, &project.fill("%nonce%\n"));
    let reference = "git.test/org/lib:v1+about/about.txt";
    project
        .rbuild([reference])
        .code(4)
        .stderr_contains("`git.test/org/lib:v1`")
        .stderr_contains("--git-username")
        .stderr_lacks("s3cret");
    let wrong = project.rbuild(["--git-username=me", "--git-password=wr0ng", reference]).code(4);
    wrong.stderr_lacks("wr0ng");
    let args = ["--git-username=me", "--git-password=s3cret%nonce", reference];
    project.rbuild(args).success().stderr_lacks("s3cret");
    assert!(project.read("about.txt").expect("is written").contains(&commit[..8]));

    // The same with a netrc.
    let netrc = "machine 127.0.0.1 login me password s3cret%nonce";
    let again = self::project(&server).env("NETRC_CONTENT", netrc);
    again.rbuild([reference]).success();

    // A file of another host does not get the user's general login to spend.
    let open = GitServer::new();
    let caller = "VERSION 0.8\nFROM busybox\nt:\n    COPY git.test/org/lib:v1+about/about.txt .\n";
    open.repository("org/caller").commit(&[("Earthfile", caller)]);
    let mut both = server.env();
    let (key, value) = (open.env()[2].1.clone(), "https://other.test/".to_owned());
    both.extend([("GIT_CONFIG_KEY_1".to_owned(), key), ("GIT_CONFIG_VALUE_1".to_owned(), value)]);
    both.push(("GIT_CONFIG_COUNT".to_owned(), "2".to_owned()));
    let project = both.iter().fold(Project::new(), |project, (name, value)| project.env(name, value));
    let args = ["--git-username=me", "--git-password=s3cret%nonce", "other.test/org/caller:main+t"];
    project
        .rbuild(args)
        .code(3)
        .stderr_contains("other.test/org/caller:main/Earthfile:4")
        .stderr_contains("cannot fetch");
}

#[test]
fn a_clone_has_its_history_and_belongs_to_the_user() {
    let server = GitServer::new();
    let project = project(&server);
    let (repository, first) = library(&server, &project.fill("one %nonce%\n"));
    let second = repository.commit(&[("data.txt", &project.fill("two %nonce%\n"))]);
    let project = project.buildfile(
        "
FROM busybox
t:
  RUN echo 'app:x:1234:2345::/:/bin/sh' >> /etc/passwd
  WORKDIR /w
  GIT CLONE https://git.test/org/lib.git main
  GIT CLONE --branch=v1 https://git.test/org/lib.git /abs/tag
  USER app
  GIT CLONE --branch main https://git.test/org/lib.git mine
  RUN cat main/data.txt /abs/tag/data.txt && stat -c '%n %u %Y' main/data.txt mine/data.txt mine/.git && ls main/ignored.txt
  RUN cat main/.git/HEAD main/.git/refs/heads/main /abs/tag/.git/HEAD && grep url main/.git/config
",
    );
    let outcome = project.rbuild(["+t"]).success();
    let expected = [
        project.fill("two %nonce%"),
        project.fill("one %nonce%"),
        "main/data.txt 0 1587038400".to_owned(),
        "mine/data.txt 1234 1587038400".to_owned(),
        "mine/.git 1234 1587038400".to_owned(),
        "main/ignored.txt".to_owned(),
        "ref: refs/heads/main".to_owned(),
        second,
        first,
        "url = https://git.test/org/lib.git".to_owned(),
    ];
    let printed: Vec<String> = outcome.printed_by("+t").iter().map(|line| line.trim().to_owned()).collect();
    assert_eq!(printed, expected, "{outcome}");
    project.rbuild(["--progress=json", "+t"]).success().all_cached();
    // A new commit is seen by the next run.
    repository.commit(&[("data.txt", &project.fill("three %nonce%\n"))]);
    let outcome = project.rbuild(["+t"]).success();
    assert!(outcome.printed_by("+t").contains(&&*project.fill("three %nonce%")), "{outcome}");
    // A plan asks nobody.
    server.asked();
    project.rbuild(["plan", "+t"]).success();
    assert_eq!(server.asked(), [""; 0]);
}

#[test]
fn a_clone_has_its_submodules() {
    let server = GitServer::new();
    let project = project(&server);
    let inner = server.repository("org/inner").commit(&[("inner.txt", &project.fill("inner %nonce%\n"))]);
    let middle = server.repository("org/middle");
    middle.submodule("deep", "../inner.git", &inner);
    let middle = middle.commit(&[("middle.txt", "middle\n")]);
    server.repository("org/outer").submodule("sub", "https://git.test/org/middle.git", &middle);
    let project = project.buildfile(
        "
FROM busybox
t:
  GIT CLONE https://git.test/org/outer.git /w
  RUN cat /w/sub/middle.txt /w/sub/deep/inner.txt
",
    );
    let outcome = project.rbuild(["+t"]).success();
    assert_eq!(outcome.printed_by("+t"), ["middle", &project.fill("inner %nonce%")], "{outcome}");
}

#[test]
fn what_cannot_be_cloned_is_told_with_its_line() {
    let server = GitServer::new();
    for (address, part) in [
        ("/etc", "`/etc` is not the address of a remote repository"),
        ("file:///etc", "is not the address of a remote repository"),
        ("ext::sh", "is not the address of a remote repository"),
        ("--branch=-x https://git.test/o/r", "is not a name of a branch"),
        ("https://git.test/org/none", "cannot fetch `https://git.test/org/none`"),
        ("https://user:hidden@git.test/org/none", "cannot fetch `https://***@git.test/org/none`"),
    ] {
        let project = project(&server).buildfile(&format!("FROM busybox\nt:\n    GIT CLONE {address} x\n"));
        project
            .rbuild(["+t"])
            .code(3)
            .stderr_contains(part)
            .stderr_contains("Buildfile:3:")
            .stderr_lacks("cannot fetch `https://user");
    }
}
