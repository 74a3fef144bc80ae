//! What a step finds inside its container: directories, users, machines, caches.

use super::engine::Engine;
use super::on_each_engine;
use super::project::Project;

on_each_engine!(
    directories_belong_to_the_user_they_are_made_for,
    machines_are_known_by_name,
    a_cache_is_there_for_all_that_runs_until_the_next_image,
    what_a_persistent_cache_holds_is_saved,
);

fn directories_belong_to_the_user_they_are_made_for(engine: Engine) {
    let project = Project::on(engine).buildfile(
        "
FROM busybox
t:
  RUN echo five:x:5:7::/:/bin/sh >> /etc/passwd && echo seven:x:7: >> /etc/group && mkdir -m 0700 /there; : %nonce%
  USER five
  WORKDIR /made/by
  WORKDIR five
  WORKDIR /there
  USER 9:seven
  WORKDIR ../nine
  RUN stat -c '%n %a %u:%g' /made /made/by/five /there /nine; pwd; id -u; id -g; touch mine
",
    );
    let outcome = project.rbuild(["+t"]).success();
    let expected = ["/made 755 5:7", "/made/by/five 755 5:7", "/there 700 0:0", "/nine 755 9:7", "/nine", "9", "7"];
    assert_eq!(outcome.printed_by("+t"), expected, "{outcome}");
}

fn machines_are_known_by_name(engine: Engine) {
    let project = Project::on(engine).buildfile(
        "
FROM busybox
known:
  HOST one.local 10.1.2.3
  HOST two.local 10.1.2.3
t:
  FROM +known
  HOST two.local ::2
  RUN grep -c one.local /etc/hosts; grep two.local /etc/hosts | tr -s '\\t ' ' '; : %nonce%
  IF grep -q 10.1.2.3.*one.local /etc/hosts
    ARG of=$(grep -c '^10.1.2.3' /etc/hosts)
    RUN echo $of
  END
other:
  FROM +known
  FROM busybox
  RUN grep one.local /etc/hosts || echo gone; : %nonce%
",
    );
    let outcome = project.rbuild(["+t", "+other"]).success();
    assert_eq!(outcome.printed_by("+t"), ["1", "::2 two.local", "1"], "{outcome}");
    assert_eq!(outcome.printed_by("+other"), ["gone"], "{outcome}");
}

fn a_cache_is_there_for_all_that_runs_until_the_next_image(engine: Engine) {
    let text = "
FROM busybox
t:
  WORKDIR /w
  CACHE --id all-%nonce%-$VERSION c
  CACHE --id second-%nonce% c
  RUN --mount=type=cache,target=m stat -c '%n %A' c m; echo x > c/x
  IF [ -f c/x ]
    ARG held=$(ls c)
    FOR file IN $(ls c)
      RUN echo \"$held and $file\"
    END
  END
next:
  FROM +t
  RUN ls -A c 2>/dev/null; echo gone; : %nonce%
";
    for (version, mode) in [("0.8", "drw-r--r--"), ("1.0", "drwxr-xr-x")] {
        let project =
            Project::on(engine).file("Earthfile", &format!("VERSION {version}{text}").replace("$VERSION", version));
        let outcome = project.rbuild(["+next"]).success();
        let expected = [format!("c {mode}"), format!("m {mode}"), "x and x".to_owned()];
        assert_eq!(outcome.printed_by("+t"), expected, "{outcome}");
        let printed = outcome.printed_by("+next");
        assert_eq!(printed, ["gone"], "{outcome}");
    }
}

fn what_a_persistent_cache_holds_is_saved(engine: Engine) {
    let file = |version: &str, flags: &str| {
        format!(
            "VERSION {version}
FROM busybox
t:
  CACHE {flags} --sharing shared /srv/cache
  RUN echo %nonce% > /srv/cache/made && chown 5:6 /srv/cache/made
  SAVE ARTIFACT /srv/cache/made AS LOCAL made
  SAVE IMAGE rbuild-test/%nonce%:persisted
"
        )
    };
    for (version, flags) in [("0.7", ""), ("0.8", "--persist"), ("1.0", "--persist")] {
        let project = Project::on(engine).file("Earthfile", &file(version, flags));
        project.rbuild(["+t"]).success();
        assert_eq!(project.read("made").as_deref(), Some("%nonce%\n"), "{version}");
        let name = project.fill("rbuild-test/%nonce%:persisted");
        let held = engine.read(&name, "/srv/cache/made").expect("is in the image");
        assert_eq!((held.content.trim(), held.uid, held.gid), (project.nonce(), 5, 6), "{version}");
    }
    let project = Project::on(engine).file("Earthfile", &file("0.8", ""));
    project.rbuild(["+t"]).code(1).stderr_contains("`/srv/cache/made` was not found").stderr_contains("Earthfile:6");
}
