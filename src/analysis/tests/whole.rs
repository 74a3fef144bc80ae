use super::check::{fault, faults, unit};
use crate::analysis::features::Version;
use crate::analysis::reference::Place;
use crate::analysis::{Options, analyse, check_across, references};
use crate::source::{FileId, Sources};
use crate::syntax::{ParseOptions, parse};

#[test]
fn a_whole_file_is_read_in_order() {
    let (unit, faults, _) = unit(
        "VERSION 0.8\nFROM alpine\nWORKDIR /src\n\n# Builds it.\nbuild:\n    COPY  a \\\n      b ./\n    RUN make \"x\n  y\"\n    ENV A = b\n    CMD [\"a\",\"b\"]\n\nlint:\n    BUILD +build\n",
    );
    assert_eq!(faults, []);
    assert_eq!(unit.features.version, Version::V0_8);
    assert_eq!(unit.base.len(), 2);
    assert_eq!(unit.targets.keys().collect::<Vec<_>>(), ["build", "lint"]);
    let build = &unit.targets["build"];
    assert_eq!(build.docs.as_ref().map(|docs| docs.text.as_str()), Some("Builds it."));
    let texts: Vec<&str> = build.recipe.iter().map(|step| step.text.as_str()).collect();
    assert_eq!(texts, ["COPY a b ./", "RUN make \"x y\"", "ENV A=b", "CMD [\"a\", \"b\"]"]);
}

#[test]
fn a_missing_version_is_told_by_the_name_of_the_file() {
    let read = |buildfile| {
        let text = "FROM alpine\n";
        let parsed = parse(FileId(0), text, ParseOptions { default_version_is_1_0: buildfile });
        analyse(FileId(0), &parsed.file, &Options { buildfile, ..Options::default() }).0.features.version
    };
    assert_eq!((read(true), read(false)), (Version::V1_0, Version::V0_5));
}

#[test]
fn cycles_are_shown_with_their_path() {
    let help = "a target cannot need itself: take one of these references out, or give its target arguments";
    assert_eq!(faults("VERSION 0.8\na:\n    FROM +a\n"), [format!("3:10 cycle: infinite cycle: `+a → +a`; {help}")]);
    assert_eq!(
        faults("VERSION 0.8\na:\n    FROM +b\nb:\n    FROM alpine\n    COPY +c/x .\nc:\n    BUILD +a\n"),
        [format!(
            "3:10 cycle: infinite cycle: `+a → +b → +c → +a` [6:10 goes on to `+c`] [8:11 goes on to `+a`]; {help}"
        )]
    );
    assert_eq!(
        faults("VERSION 0.8\nFROM +a\na:\n    FROM alpine\n"),
        [format!("2:6 cycle: infinite cycle: `+base → +a → +base`; {help}")]
    );
    for fine in [
        "VERSION 0.8\na:\n    BUILD +a --x=1\n",
        "VERSION 0.8\na:\n    FROM +base\n",
        "VERSION 1.0\nFROM alpine\na:\n    BUILD ./x+a\n    BUILD +b\nb:\n    BUILD ./y+a\n",
        "VERSION 0.8\nBUILD +a\na:\n    FROM alpine\n",
        "VERSION 0.8\na:\n    FROM +b\nb:\n    FROM +c\nc:\n    FROM alpine\nd:\n    FROM +b\n    COPY +c/x .\n",
    ] {
        assert_eq!(faults(fine), Vec::<String>::new(), "{fine}");
    }
}

#[test]
fn what_a_branch_needs_closes_no_cycle() {
    let text = "VERSION 0.8\nFROM alpine\na:\n    IF true\n        BUILD +a\n    END\n";
    assert_eq!(faults(text), Vec::<String>::new());
}

#[test]
fn long_chains_are_followed() {
    let mut text = "VERSION 0.8\n".to_owned();
    for at in 0..5_000 {
        text += &format!("t{at}:\n    FROM +t{}\n", (at + 1) % 5_000);
    }
    let found = faults(&text);
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("3:10 cycle: infinite cycle: `+t0 → +t1 → "));
}

#[test]
fn references_to_other_files_are_listed_and_checked() {
    let (other, _, _) = unit("VERSION 0.8\nlibrary:\n    FROM alpine\n");
    let (here, found, sources) = unit(
        "VERSION 0.8\nFROM ./lib+library\na:\n    COPY ./lib+libary/x .\n    BUILD ../gone+x\n    BUILD +a --x=1\n    BUILD $X+y\n",
    );
    assert_eq!(found, []);
    let listed: Vec<String> = references(&here).iter().map(|(target, _)| target.to_string()).collect();
    assert_eq!(listed, ["./lib+library", "./lib+libary", "../gone+x", "+a"]);
    let lookup = |place: &Place| (*place == Place::Directory("./lib".to_owned())).then_some(&other);
    let across: Vec<String> = check_across(&here, &lookup).iter().map(|found| fault(found, &sources)).collect();
    assert_eq!(across, ["4:10 unknown-target: there is no target `libary` in `./lib`; did you mean `./lib+library`?"]);
}

#[test]
fn nothing_is_said_about_what_a_lost_line_may_have_held() {
    let text = "VERSION 0.8\nFORM alpine\na:\n    RUN x\n    BUILD +b\n    SET y = 1\n    COPY --dri a b\n";
    let mut sources = Sources::default();
    let file = sources.add("Earthfile", text);
    let parsed = parse(file, text, ParseOptions::default());
    assert_eq!(parsed.diagnostics.len(), 1);
    let found = |targets_lost: bool| -> Vec<String> {
        let options = Options { incomplete: true, targets_lost, ..Options::default() };
        let (_, found) = analyse(file, &parsed.file, &options);
        found.iter().map(|found| fault(found, &sources)).collect()
    };
    let flag = "7:10 unknown-flag: `COPY` has no flag `--dri`; did you mean `--dir`?";
    assert_eq!(found(true), [flag]);
    let target = "5:11 unknown-target: there is no target `+b` in this file; did you mean `+a`?";
    assert_eq!(found(false), [target, flag], "a lost command hides no target");
}
