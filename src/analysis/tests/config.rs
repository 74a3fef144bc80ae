use super::check::{fails, fails_in, faults, is, is_in};

#[test]
fn simple_commands() {
    is("WORKDIR /a/$B", "workdir [/a/‹B›]");
    is("WORKDIR \"/a b\"", "workdir [/a b]");
    is("USER 1000:1000", "user [1000:1000]");
    is("EXPOSE 80 8000-8010/udp $P", "expose [80] [8000-8010/udp] [‹P›]");
    is("VOLUME /a /b", "volume [/a] [/b]");
    is(r#"VOLUME ["/a b", "/$C"]"#, "volume [/a b] [/‹C›]");
    is("LABEL a=b \"c d\"=\"$E\" f = g", "label [a]=[b] [c d]=[‹E›] [f]=[g]");
    fails("WORKDIR", "4:5 missing-argument: `WORKDIR` needs a directory; write `WORKDIR /src`");
    fails(
        "WORKDIR a b",
        "4:15 extra-argument: `WORKDIR` takes one argument; unexpected `b`; put quotes around an argument that holds blanks",
    );
    fails(
        "USER --x",
        "4:10 unknown-flag: `USER` has no flag `--x`; `USER` takes no flags; put `--` in front of a word that begins with `-`",
    );
    fails("EXPOSE", "4:5 missing-argument: `EXPOSE` needs a port; write `EXPOSE 8080`");
    fails(
        "EXPOSE http",
        "4:12 port: `http` is not a port; write a port or a range, for example `8080`, `8000-8010` or `53/udp`",
    );
    fails(
        "EXPOSE 70000",
        "4:12 port: `70000` is not a port; write a port or a range, for example `8080`, `8000-8010` or `53/udp`",
    );
    fails("VOLUME", "4:5 missing-argument: `VOLUME` needs a directory; write `VOLUME /data`");
    fails("LABEL", "4:5 missing-argument: `LABEL` sets no label; write `LABEL key=value`");
    fails(
        "LABEL dev.earthly.x=1",
        "4:11 reserved-label: labels that begin with `dev.earthly.` are reserved; use another key",
    );
}

#[test]
fn command_lines() {
    is(r#"CMD ["a", "$B"]"#, r#"cmd exec ["a", "$B"]"#);
    is("CMD a \"$B  c\" '$D' \\$E", "cmd shell [a \"‹B›  c\" '$D' $E]");
    is("ENTRYPOINT a", "entrypoint shell [a]");
    is("ENTRYPOINT []", "entrypoint exec []");
    fails("CMD", "4:5 missing-argument: `CMD` needs a command; write `CMD [\"program\", \"argument\"]`");
    is("CMD $(x)", "cmd shell [‹(x)›]");
}

#[test]
fn health_checks() {
    is("HEALTHCHECK NONE", "healthcheck none");
    is("HEALTHCHECK CMD curl -f \"$X\"", "healthcheck shell [curl -f \"‹X›\"]");
    is(
        "HEALTHCHECK --interval=1m30s --timeout 5s --start-period=0 --start-interval=1s --retries=3 CMD x",
        "healthcheck shell [x] interval=90s timeout=5s start-period=0ns start-interval=1s retries=3",
    );
    is_in("1.0", r#"HEALTHCHECK CMD ["a", "b"]"#, r#"healthcheck exec ["a", "b"]"#);
    is_in("1.0", r#"HEALTHCHECK --retries=1 CMD ["a", "b"]"#, r#"healthcheck exec ["a", "b"] retries=1"#);
    let forms = "write `HEALTHCHECK CMD command`, or `HEALTHCHECK NONE`";
    fails("HEALTHCHECK", &format!("4:5 missing-argument: `HEALTHCHECK` checks nothing; {forms}"));
    fails("HEALTHCHECK CMD", &format!("4:17 missing-argument: no command follows `CMD`; {forms}"));
    fails("HEALTHCHECK curl x", &format!("4:17 healthcheck: unexpected `curl`; {forms}"));
    fails("HEALTHCHECK NONE x", &format!("4:5 extra-argument: `HEALTHCHECK NONE` takes nothing else; {forms}"));
    fails(
        "HEALTHCHECK --interval=30 CMD x",
        "4:28 duration: `30` is not a duration; write a number and a unit, for example `30s` or `1m30s`",
    );
    fails(
        "HEALTHCHECK --retries=x CMD x",
        "4:27 retries: `x` is not a number of retries; write a number, for example `--retries=3`",
    );
    is("HEALTHCHECK --retries=$R --timeout ${T}s CMD x", "healthcheck shell [x] timeout=[‹T›s] retries=[‹R›]");
    fails(
        r#"HEALTHCHECK CMD ["a"]"#,
        "4:21 feature-off: the exec form of `HEALTHCHECK` needs `VERSION 1.0`; write the command without brackets, or `VERSION 1.0`",
    );
}

#[test]
fn caches() {
    is("CACHE /c", "cache [/c] Locked");
    is("CACHE --sharing=shared --id a$B --chmod 0777 --persist $D", "cache [‹D›] Shared mode=[0777] id=[a‹B›] persist");
    is_in("0.7", "CACHE /c", "cache [/c] Locked persist");
    fails("CACHE", "4:5 missing-argument: `CACHE` needs a directory; write `CACHE /directory`");
    fails(
        "CACHE /a /b",
        "4:14 extra-argument: `CACHE` takes one directory; unexpected `/b`; write a `CACHE` for each directory",
    );
    fails(
        "CACHE --sharing=all /c",
        "4:21 sharing: `all` is not a way to share a cache; use one of `locked`, `shared`, `private`",
    );
    fails(
        "CACHE --chmod=rwx /c",
        "4:19 mode: `rwx` is not an octal mode; write octal digits, for example `--chmod=0755`",
    );
    fails_in(
        "0.6",
        "CACHE /c",
        "4:5 feature-off: `CACHE` needs `VERSION 0.7` or later; write `VERSION 0.7`, or turn it on with `VERSION --use-cache-command 0.6`",
    );
    fails_in(
        "0.7",
        "CACHE --persist /c",
        "4:11 feature-off: `CACHE --persist` needs `VERSION 0.8` or later; write `VERSION 0.8`, or turn it on with `VERSION --cache-persist-option 0.7`",
    );
}

#[test]
fn projects() {
    assert_eq!(faults("VERSION 0.8\nPROJECT a/b\n"), Vec::<String>::new());
    for line in ["PROJECT", "PROJECT a", "PROJECT a/b/c", "PROJECT a/b c"] {
        let expected =
            "2:1 project: `PROJECT` needs an organization and a project; write `PROJECT organization/project`";
        assert_eq!(faults(&format!("VERSION 0.8\n{line}\n")), [expected], "{line}");
    }
}
