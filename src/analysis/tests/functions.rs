use super::check::{fails, faults, is, is_in, unit};
use super::shown::step;

/// The steps of a recipe of a text without faults.
fn steps(text: &str, target: &str) -> Vec<String> {
    let (unit, faults, _) = unit(text);
    assert_eq!(faults, [], "{text}");
    let all = unit.targets.get(target).or_else(|| unit.functions.get(target)).expect("it is there");
    all.recipe.iter().map(|found| step(&found.kind)).collect()
}

#[test]
fn functions_are_called_in_all_ways() {
    let file = |version: &str, keyword: &str, call: &str| {
        format!("VERSION {version}\nFROM alpine\nIMPORT ./lib AS l\nt:\n    {call}\nF.1:\n    {keyword}\n    RUN x\n")
    };
    for (call, expected) in [
        ("DO +F.1", "do +F.1"),
        ("DO ./d+F", "do ./d+F"),
        ("DO l+F --a=1 --b \"c d\"", "do ./lib+F a=[1] b=[c d]"),
        ("DO --pass-args +F.1", "do +F.1 pass-args"),
        ("DO --build-arg a=1 +F.1 --b=$c", "do +F.1 b=[‹c›] a=[1]"),
        ("DO $d+F", "do late [‹d›+F]"),
    ] {
        assert_eq!(steps(&file("0.8", "FUNCTION", call), "t"), [expected], "{call}");
    }
    assert_eq!(steps(&file("0.7", "COMMAND", "DO +F.1"), "t"), ["do +F.1"]);
    assert_eq!(steps(&file("--use-function-keyword 0.7", "FUNCTION", "DO +F.1"), "F.1"), ["run shell [x]"]);
}

#[test]
fn faults_of_calls() {
    fails("DO", "4:5 missing-argument: `DO` names no function; write `DO +FUNCTION`");
    fails(
        "DO +other",
        "4:8 invalid-reference: `other` is not a name of a function; `other` is a name of a target: use `BUILD`, `FROM` or `COPY`",
    );
    fails(
        "DO F_1",
        "4:8 invalid-reference: `F_1` is not a reference to a function; for the function of this file write `+F_1`",
    );
    fails(
        "DO ./lib+",
        "4:8 invalid-reference: `./lib+` is not a reference to a function; write `+FUNCTION`, or `./directory+FUNCTION`",
    );
    fails("DO +F", "4:8 unknown-function: there is no function `+F` in this file; there are no functions at all");
    fails(
        "DO l+F",
        "4:8 unknown-import: no `IMPORT` is called `l`; for a directory write `./l`; for another name of it, `IMPORT ./directory AS l`",
    );
    assert_eq!(
        faults("VERSION 0.7\nt:\n    DO --pass-args +F\nF:\n    FUNCTION\n"),
        [
            "3:8 feature-off: `DO --pass-args` needs `VERSION 0.8` or later; write `VERSION 0.8`, or turn it on with `VERSION --pass-args 0.7`",
            "5:5 function-head: functions begin with `COMMAND` in this version of the language, not with `FUNCTION`; write `COMMAND`",
        ]
    );
    assert_eq!(
        faults("VERSION 0.8\nt:\n    DO +BULID\nBUILD_IT:\n    FUNCTION\nBUILDS:\n    FUNCTION x\n"),
        [
            "3:8 unknown-function: there is no function `+BULID` in this file; its functions are `+BUILD_IT`, `+BUILDS`",
            "7:14 extra-argument: `FUNCTION` takes no arguments; unexpected `x`; declare the function's arguments with `ARG`",
        ]
    );
}

#[test]
fn imports_are_read() {
    for (command, expected) in [
        ("IMPORT ./lib", "import lib Directory(\"lib\")"),
        ("IMPORT ./a/b/ AS c", "import c Directory(\"a/b\")"),
        ("IMPORT ../..  AS up", "import up Directory(\"../..\")"),
        ("IMPORT /abs/x", "import x Directory(\"/abs/x\")"),
        ("IMPORT ~/x/y", "import y Directory(\"~/x/y\")"),
        ("IMPORT . AS me", "import me Directory(\".\")"),
        ("IMPORT github.com/o/r/sub:v1.2", "import sub Remote(\"github.com/o/r/sub:v1.2\")"),
        (
            "IMPORT --allow-privileged github.com/o/r:main AS z",
            "import z Remote(\"github.com/o/r:main\") allow-privileged",
        ),
        ("IMPORT github.com/o/r:$V", "import r late [github.com/o/r:‹V›]"),
        ("IMPORT ./$d AS late", "import late late [./‹d›]"),
    ] {
        is(
            command,
            &expected
                .replace("Directory(\"lib\")", "Directory(\"./lib\")")
                .replace("Directory(\"a/b\")", "Directory(\"./a/b\")"),
        );
        is_in(
            "0.6",
            command,
            &expected
                .replace("Directory(\"lib\")", "Directory(\"./lib\")")
                .replace("Directory(\"a/b\")", "Directory(\"./a/b\")"),
        );
    }
}

#[test]
fn faults_of_imports() {
    for (command, expected) in [
        ("IMPORT", "4:5 missing-argument: `IMPORT` names nothing; write `IMPORT ./directory AS name`"),
        (
            "IMPORT ./a as b",
            "4:16 extra-argument: unexpected `as` behind what is imported; write `IMPORT ./directory AS name`",
        ),
        (
            "IMPORT lib",
            "4:12 import-place: `lib` is neither a directory nor a repository; for a directory write `IMPORT ./lib`",
        ),
        (
            "IMPORT ./a+t",
            "4:12 import-place: `./a+t` names a target; `IMPORT` takes a whole Buildfile; import the Buildfile, and name the target where it is used: `name+target`",
        ),
        (
            "IMPORT ./a+t AS x",
            "4:12 import-place: `./a+t` names a target; `IMPORT` takes a whole Buildfile; import the Buildfile, and name the target where it is used: `name+target`",
        ),
        ("IMPORT ..", "4:12 import-name: this `IMPORT` needs a name; add `AS name`"),
        ("IMPORT .", "4:12 import-name: this `IMPORT` needs a name; add `AS name`"),
        ("IMPORT ./$x", "4:12 import-name: this `IMPORT` needs a name; add `AS name`"),
        (
            "IMPORT ./a AS ./b",
            "4:19 import-name: `./b` cannot be the name of an import; write letters, digits, `-` and `_`, for example `AS lib`",
        ),
    ] {
        fails(command, expected);
    }
}

#[test]
fn machines_are_named() {
    is("HOST a.b 1.2.3.4", "host [a.b] [1.2.3.4]");
    is("HOST $n $ip", "host [‹n›] [‹ip›]");
    fails("HOST a", "4:5 host: `HOST` takes a name and an address; write `HOST example.com 127.0.0.1`");
    fails(
        "HOST a 1.2.3",
        "4:12 host: `1.2.3` is not an IP address; write `HOST name address`, for example `HOST example.com 127.0.0.1`",
    );
}

#[test]
fn names_of_imports_belong_to_their_recipe() {
    let text = "VERSION 0.8\nIMPORT ./a AS one\nt:\n    IMPORT ./b AS one\n    BUILD one+x\n    BUILD two+x\n    IMPORT ./c AS two\n    IMPORT ./d AS two\nu:\n    BUILD one+x\nF:\n    FUNCTION\n    BUILD one+x\n    BUILD onne+x\n";
    assert_eq!(
        faults(text),
        [
            "6:11 unknown-import: no `IMPORT` is called `two`; for a directory write `./two`; for another name of it, `IMPORT ./directory AS two`",
            "8:19 import-twice: two imports are called `two` [7:19 the first one]; give one of them another name with `AS name`",
            "14:11 unknown-import: no `IMPORT` is called `onne`; did you mean `one`?",
        ]
    );
    let fine =
        text.replace("    BUILD two+x\n", "").replace("    IMPORT ./d AS two\n", "").replace("    BUILD onne+x\n", "");
    assert_eq!(steps(&fine, "t")[1], "build ./b+x");
    assert_eq!(steps(&fine, "u"), ["build ./a+x"]);
    assert_eq!(steps(&fine, "F"), ["build ./a+x"]);
}
