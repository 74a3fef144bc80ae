use super::check::{fails, fails_in, is, is_in, warns};

const FORMS: &str = "write `SAVE ARTIFACT source [destination] [AS LOCAL path]`";

#[test]
fn artifacts() {
    is("SAVE ARTIFACT a", "save artifact [a]");
    is("SAVE ARTIFACT a /b/", "save artifact [a] to=[/b/]");
    is("SAVE ARTIFACT a AS LOCAL out/", "save artifact [a] local=[out/]");
    is("SAVE ARTIFACT a b AS LOCAL ./out", "save artifact [a] to=[b] local=[./out]");
    is("SAVE ARTIFACT \"$D/*.txt\" AS LOCAL $OUT", "save artifact [‹D›/*.txt] local=[‹OUT›]");
    is(
        "SAVE ARTIFACT --keep-ts --if-exists --symlink-no-follow --force a AS LOCAL ../x",
        "save artifact [a] local=[../x] keep-ts if-exists no-follow force",
    );
    is_in("0.6", "SAVE ARTIFACT --keep-own a", "save artifact [a] keep-own");
    is_in("1.0", "SAVE ARTIFACT a AS LOCAL x --force", "save artifact [a] local=[x] force");
}

#[test]
fn faults_of_artifacts() {
    fails("SAVE ARTIFACT", &format!("4:5 missing-argument: `SAVE ARTIFACT` saves nothing; {FORMS}"));
    fails("SAVE ARTIFACT AS LOCAL", &format!("4:19 missing-argument: no path follows `AS LOCAL`; {FORMS}"));
    fails("SAVE ARTIFACT a b c", &format!("4:23 save-artifact-arguments: unexpected `c`; {FORMS}"));
    fails("SAVE ARTIFACT a AS LOCAL", &format!("4:21 missing-argument: no path follows `AS LOCAL`; {FORMS}"));
    fails("SAVE ARTIFACT a b AS LOCAL", &format!("4:23 missing-argument: no path follows `AS LOCAL`; {FORMS}"));
    warns(
        "SAVE ARTIFACT a --if-exists",
        "save artifact [a] to=[--if-exists]",
        "4:21 warning late-flag: `--if-exists` is no flag behind other words; \
         write it in front: `SAVE ARTIFACT --if-exists …`",
    );
    is("SAVE ARTIFACT a -- AS LOCAL b", "save artifact [a] to=[--] local=[b]");
    fails(
        "SAVE ARTIFACT a as local b",
        "4:21 save-artifact-arguments: unexpected `as local`; did you mean `AS LOCAL`?",
    );
    fails("SAVE ARTIFACT a AS b", "4:21 save-artifact-arguments: `AS` without `LOCAL`; write `AS LOCAL b`");
    fails("SAVE ARTIFACT a b c AS LOCAL d", &format!("4:23 save-artifact-arguments: unexpected `c`; {FORMS}"));
    fails(
        "SAVE ARTIFACT / x",
        "4:19 save-root: the root directory cannot be saved as an artifact; name a directory below it",
    );
    fails(
        "SAVE ARTIFACT /a/.. x",
        "4:19 save-root: the root directory cannot be saved as an artifact; name a directory below it",
    );
    fails(
        "SAVE ARTIFACT a AS LOCAL ../x",
        "4:30 local-outside: `../x` lies outside of the directory of this file; \
         choose a path below it, or write `SAVE ARTIFACT --force`",
    );
    fails(
        "SAVE ARTIFACT *.txt AS LOCAL out",
        "4:34 local-pattern: a pattern may match several files, but the path behind `AS LOCAL` does not end with `/`; \
         write `AS LOCAL out/`",
    );
    fails(
        "SAVE ARTIFACT a AS LOCAL \"\"",
        &format!("4:30 missing-argument: the path behind `AS LOCAL` is empty; {FORMS}"),
    );
    warns(
        "SAVE ARTIFACT --keep-own a",
        "save artifact [a] keep-own",
        "4:19 warning no-effect: `--keep-own` has no effect: artifacts keep their owners; remove it",
    );
}

#[test]
fn images() {
    is("SAVE IMAGE a:b", "save image [a:b]");
    is("SAVE IMAGE --push $R/a:$V b", "save image [‹R›/a:‹V›] [b] push");
    is("SAVE IMAGE --no-manifest-list a", "save image [a] no-manifest-list");
    is("SAVE IMAGE --cache-hint", "save image");
    is_in("1.0", "SAVE IMAGE a --push --without-earthly-labels", "save image [a] push without-labels");
}

#[test]
fn faults_of_images() {
    warns(
        "SAVE IMAGE --insecure a",
        "save image [a] insecure",
        "4:5 warning insecure-push: `--insecure` is for the engine to decide, which pushes the image; list the registry under `insecure-registries` in the engine's daemon.json",
    );
    warns(
        "SAVE IMAGE",
        "save image",
        "4:5 warning no-effect: `SAVE IMAGE` without a name does nothing; remove it, or give the image a name",
    );
    fails(
        "SAVE IMAGE --push",
        "4:5 missing-argument: `SAVE IMAGE --push` names no image; write `SAVE IMAGE --push name:tag`",
    );
    fails("SAVE IMAGE \"\"", "4:16 missing-argument: the name of the image is empty; write `SAVE IMAGE name:tag`");
    fails(
        "SAVE IMAGE --cache-from=X a",
        "4:29 image-name: `X` cannot name an image; names of images are in lower case: `x`",
    );
    fails("SAVE IMAGE --psuh a", "4:16 unknown-flag: `SAVE IMAGE` has no flag `--psuh`; did you mean `--push`?");
    fails_in(
        "0.8",
        "SAVE IMAGE --without-earthly-labels a",
        "4:16 feature-off: `SAVE IMAGE --without-earthly-labels` needs `VERSION 1.0` or later; \
         write `VERSION 1.0`, or turn it on with `VERSION --allow-without-earthly-labels 0.8`",
    );
}
