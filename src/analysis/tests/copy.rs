use super::check::{fails, fails_in, is, is_in, warns};

#[test]
fn from_the_build_context() {
    is("COPY a b", "copy [a] -> [b]");
    is("COPY a b c/ ./", "copy [a] [b] [c/] -> [./]");
    is("COPY . .", "copy [.] -> [.]");
    is("COPY --dir a b .", "copy [a] [b] -> [.] dir");
    is("COPY \"a b\" 'c d'", "copy [a b] -> [c d]");
    is("COPY $X/*.go $Y", "copy [‹X›/*.go] -> [‹Y›]");
    is("COPY \"$X+t/a\" .", "copy (late [‹X›+t] : /a) -> [.]");
    is("COPY $X .", "copy [‹X›] -> [.]");
    is("COPY --platform=$P --pass-args $X .", "copy [‹X›] platform=[‹P›] pass-args -> [.]");
    is(
        "COPY --keep-ts --keep-own --if-exists --symlink-no-follow --chown a:b --chmod 0755 a b",
        "copy [a] -> [b] chown=[a:b] chmod=[0755] keep-ts keep-own if-exists no-follow",
    );
    warns(
        "COPY a b --dir",
        "copy [a] [b] -> [--dir]",
        "4:14 warning late-flag: `--dir` is no flag behind other words; write it in front: `COPY --dir …`",
    );
    is_in("1.0", "COPY a b --dir", "copy [a] -> [b] dir");
    is_in("1.0", "COPY --exclude *.o --exclude=x --parents a b", "copy [a] -> [b] exclude=[*.o] exclude=[x] parents");
}

#[test]
fn names_of_files_may_hold_pluses() {
    is("COPY c++/a .", "copy [c++/a] -> [.]");
    is("COPY a+b .", "copy [a+b] -> [.]");
    is("COPY lib+1.0/x .", "copy [lib+1.0/x] -> [.]");
    is("COPY \\+x .", "copy [\\+x] -> [.]");
    is("COPY ./a\\+b/c .", "copy [./a\\+b/c] -> [.]");
}

#[test]
fn artifacts() {
    is("COPY +other/a .", "copy (+other : /a) -> [.]");
    is("COPY +other/ .", "copy (+other : /) -> [.]");
    is("COPY +other/a/*.txt ./x+t/b c/", "copy (+other : /a/*.txt) (./x+t : /b) -> [c/]");
    is("COPY +other/c\\+\\+ .", "copy (+other : /c++) -> [.]");
    is("COPY +other/$X/y .", "copy (+other : /‹X›/y) -> [.]");
    is("COPY +$T/y .", "copy (late [+‹T›] : /y) -> [.]");
    is("COPY --platform=linux/arm64 --dir +other/a .", "copy (+other : /a) -> [.] dir platform=[linux/arm64]");
    is("COPY --pass-args +other/a .", "copy (+other pass-args : /a) -> [.]");
    is("COPY --build-arg a=1 +other/a .", "copy (+other a=[1] : /a) -> [.]");
    is("COPY --build-arg a=1 $X .", "copy (late [‹X›] a=[1]) -> [.]");
    is("COPY --platform=$P +other/a .", "copy (+other : /a) -> [.] platform=[‹P›]");
}

#[test]
fn artifacts_in_parentheses() {
    is("COPY (+other/a --x=1) .", "copy (+other x=[1] : /a) -> [.]");
    is("COPY (+other/a --x=1 \"--y=a b\" --z \"c d\") ./", "copy (+other x=[1] y=[a b] z=[c d] : /a) -> [./]");
    is("COPY \"(+other/a --x=1)\" .", "copy (+other x=[1] : /a) -> [.]");
    is(r#"COPY "(+other/a --x=\"1 2\")" ."#, "copy (+other x=[1 2] : /a) -> [.]");
    is("COPY (./x+t/a --x=$V) (+other/b) c", "copy (./x+t x=[‹V›] : /a) (+other : /b) -> [c]");
    is("COPY (+other/a) .", "copy (+other : /a) -> [.]");
    is("COPY ($X/a --x=$V) ($Y) ./", "copy (late [‹X›/a] x=[‹V›]) (late [‹Y›]) -> [./]");
    is("COPY (+other/a --x=a\\ b) .", "copy (+other x=[a b] : /a) -> [.]");
}

#[test]
fn faults() {
    let missing = "4:5 missing-argument: `COPY` needs a source and a destination; write `COPY source… destination`";
    fails("COPY", missing);
    fails("COPY a", missing);
    fails(
        "COPY +other/a b .",
        "4:10 copy-mixed: one `COPY` cannot take both artifacts and files of the build context \
         [4:19 a file of the build context]; write two `COPY` commands",
    );
    fails(
        "COPY --from=build /a .",
        "4:10 copy-from: `COPY --from` is not part of the language; \
         save the files in a target with `SAVE ARTIFACT path`, and copy them with `COPY +target/path destination`",
    );
    fails(
        "COPY +other .",
        "4:10 invalid-reference: `+other` names a target, not an artifact; \
         write `+other/path`; `\\+` stands for a plus sign in the name of a file",
    );
    fails(
        "COPY ./x/+other .",
        "4:10 invalid-reference: `./x/+other` names a target, not an artifact; \
         write `./x/+other/path`; `\\+` stands for a plus sign in the name of a file",
    );
    fails("COPY +othre/a .", "4:10 unknown-target: there is no target `+othre` in this file; did you mean `+other`?");
    fails(
        "COPY (+othre/a --x=1) .",
        "4:11 unknown-target: there is no target `+othre` in this file; did you mean `+other`?",
    );
    fails(
        "COPY (a --x=1) .",
        "4:11 invalid-reference: `a` is not a reference to an artifact; write `(+target/path --name=value)`",
    );
    fails(
        "COPY () .",
        "4:10 invalid-reference: nothing stands between the parentheses; write `(+target/path --name=value)`",
    );
    fails("COPY a (b", "4:12 unclosed: `(` is not closed; add the missing `)`");
    fails("COPY (+other/a --x=1 . ./", "4:10 unclosed: `(` is not closed; add the missing `)`");
    fails("COPY (+other/a --x) .", "4:20 build-arg-value: no value for `--x`; write `--x=value`");
    fails(
        "COPY /etc/passwd .",
        "4:10 copy-absolute: `/etc/passwd` is not a path of the build context; write a path relative to the directory of this file",
    );
    fails(
        "COPY https://x.org/y .",
        "4:10 copy-url: `COPY` cannot fetch `https://x.org/y`; fetch it in a `RUN`, for example with `curl`",
    );
    fails(
        "COPY a/../../b .",
        "4:10 copy-outside: `a/../../b` lies outside of the directory of this file; \
         save it as an artifact in the Buildfile over there, and copy `../directory+target/path`",
    );
    fails(
        "COPY --chmod=u+x a b",
        "4:18 mode: `u+x` is not an octal mode; write octal digits, for example `--chmod=0755`",
    );
    fails(
        "COPY --dir=$X a b",
        "4:16 flag-value: `COPY --dir` cannot depend on a variable; write `--dir`, or leave it out",
    );
    fails(
        "COPY --build-arg a=1 b c",
        "4:22 build-arg: `COPY` from the build context takes no arguments; arguments are given to targets; write `+target --name=value`",
    );
    fails("COPY --parents a b", "4:10 feature-off: `COPY --parents` needs `VERSION 1.0`; write `VERSION 1.0`");
    fails(
        "COPY ./a/*+other/x .",
        "4:10 feature-off: `./a/*+other` needs `VERSION 1.0` or later; write `VERSION 1.0`, or turn it on with `VERSION --wildcard-copy 0.8`",
    );
    fails_in(
        "0.6",
        "COPY --chmod=0755 a b",
        "4:10 feature-off: `COPY --chmod` needs `VERSION 0.7` or later; write `VERSION 0.7`, or turn it on with `VERSION --use-chmod 0.6`",
    );
    fails_in("1.0", "COPY a --dri b", "4:12 unknown-flag: `COPY` has no flag `--dri`; did you mean `--dir`?");
    warns(
        "COPY a ~/b",
        "copy [a] -> [~/b]",
        "4:12 warning tilde: the destination `~/b` is taken as it is: `~` does not stand for a home directory; \
         write the path in full, for example `/root/…`",
    );
    warns(
        "COPY --platform=linux/amd64 a b",
        "copy [a] -> [b]",
        "4:10 warning no-effect: `--platform` has no effect: `COPY` from the build context calls no target; remove it",
    );
}
