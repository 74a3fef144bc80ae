use super::check::{fails, is};

#[test]
fn a_clone_has_an_address_and_a_directory() {
    is("GIT CLONE https://h.org/o/r.git src", "git clone [https://h.org/o/r.git] -> [src]");
    is(
        "GIT CLONE --branch $V --keep-ts git@h.org:o/r.git /src/$X",
        "git clone [git@h.org:o/r.git] -> [/src/‹X›] branch=[‹V›] keep-ts",
    );
}

#[test]
fn what_is_missing_is_said() {
    let help = "write `GIT CLONE https://host/repository directory`";
    fails("GIT CLONE", &format!("4:5 missing-argument: `GIT CLONE` needs an address and a directory; {help}"));
    fails(
        "GIT CLONE https://h/r",
        &format!("4:5 missing-argument: `GIT CLONE` needs an address and a directory; {help}"),
    );
    fails(
        "GIT CLONE https://h/r a b",
        &format!("4:29 extra-argument: `GIT CLONE` takes an address and a directory; unexpected `b`; {help}"),
    );
}
