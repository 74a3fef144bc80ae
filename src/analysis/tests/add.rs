use super::check::{fails, fails_in, is_in};

#[test]
fn sources_flags_and_a_destination() {
    is_in("1.0", "ADD a.tar b /opt/", "add [a.tar] [b] -> [/opt/]");
    is_in(
        "1.0",
        "ADD --checksum=sha256:$SUM --unpack https://h.org/$V/x.tar.gz . --exclude=*.md",
        "add [https://h.org/‹V›/x.tar.gz] -> [.] exclude=[*.md] checksum=[sha256:‹SUM›] unpack=true",
    );
    is_in(
        "1.0",
        "ADD --keep-git-dir --unpack=false --chmod=0755 git@h.org:o/r.git#v1 /src",
        "add [git@h.org:o/r.git#v1] -> [/src] chmod=[0755] keep-git-dir unpack=false",
    );
}

#[test]
fn what_it_does_not_take_is_said() {
    fails("ADD a b", "4:5 feature-off: `ADD` needs `VERSION 1.0`; write `VERSION 1.0`");
    fails_in(
        "1.0",
        "ADD a",
        "4:5 missing-argument: `ADD` needs a source and a destination; write `ADD source… destination`",
    );
    fails_in(
        "1.0",
        "ADD --checksum=sha256:0 a b /to/",
        "4:9 checksum: `--checksum` is of one source, and there are several; write an `ADD` for each source",
    );
    fails_in(
        "1.0",
        "ADD +t/a /to",
        "4:9 add-source: `+t/a` is an artifact, which `ADD` does not take; \
         take it with `COPY`; if it is a file, write `\\+` for the plus sign",
    );
}
