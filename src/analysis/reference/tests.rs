use super::*;

#[test]
fn references_to_targets_are_read() {
    for (text, expected) in [
        ("+test", "Here +test"),
        ("./+test", "Here +test"),
        (".+test", "Here +test"),
        ("./a/..+test", "Here +test"),
        ("./api+image", "Directory ./api+image"),
        ("./api/+image", "Directory ./api+image"),
        ("./a/../b//c+t", "Directory ./b/c+t"),
        ("../+t", "Directory ..+t"),
        ("../../x+t", "Directory ../../x+t"),
        ("./../x+t", "Directory ../x+t"),
        (".hidden+t", "Directory ./.hidden+t"),
        ("/abs/./dir+t", "Directory /abs/dir+t"),
        ("/..+t", "Directory /+t"),
        ("~/x/+t", "Directory ~/x+t"),
        ("~/+t", "Directory ~/+t"),
        ("github.com/org/repo:v1.2+lib", "Remote github.com/org/repo:v1.2+lib"),
        ("host:tag+t", "Remote host:tag+t"),
        ("lib+t", "Alias lib+t"),
        ("./c\\+\\++t", "Directory ./c+++t"),
        ("+t.x-Y1", "Here +t.x-Y1"),
    ] {
        let read = TargetRef::parse(text).map(|target| {
            let kind = format!("{:?}", target.place);
            format!("{} {target}", kind.split('(').next().unwrap_or(""))
        });
        assert_eq!(read, Ok(expected.to_owned()), "{text}");
    }
}

#[test]
fn what_is_no_reference_is_told_with_what_to_type() {
    for (text, message, help) in [
        ("build", "`build` is not a reference to a target", "for the target of this file write `+build`"),
        ("a b", "`a b` is not a reference to a target", "write `+target`, or `./directory+target`"),
        ("+a+b", "`+a+b` holds more than one `+`", "write `\\+` for a plus sign that belongs to a path"),
        ("./x+", "`./x+` names no target", "write `./x+target`"),
        ("+FOO", "`FOO` is not a name of a target", "`FOO` is a name of a function: call it with `DO`"),
        (
            "+a_b",
            "`a_b` is not a name of a target",
            "names of targets begin with a lower-case letter, then come letters, digits, `-` and `.`",
        ),
        (
            "+a/b",
            "`a/b` is not a name of a target",
            "the target is `+a`; only `COPY` takes the path of an artifact behind it",
        ),
    ] {
        let fault = TargetRef::parse(text).expect_err(text);
        assert_eq!((fault.to_string().as_str(), fault.help().as_str()), (message, help), "{text}");
    }
}

#[test]
fn functions_have_names_of_their_own() {
    assert_eq!(TargetRef::parse_function("lib+COPY_ALL").map(|f| f.to_string()), Ok("lib+COPY_ALL".to_owned()));
    let fault = TargetRef::parse_function("+build").expect_err("it is a target");
    assert_eq!(fault.help(), "`build` is a name of a target: use `BUILD`, `FROM` or `COPY`");
}

#[test]
fn artifacts_have_paths() {
    for (text, target, path) in [
        ("+t/a", "+t", "/a"),
        ("+t/", "+t", "/"),
        ("./x+t/a/*.txt", "./x+t", "/a/*.txt"),
        ("lib+t/c\\+\\+", "lib+t", "/c++"),
    ] {
        let read = ArtifactRef::parse(text).map(|artifact| (artifact.target.to_string(), artifact.path));
        assert_eq!(read, Ok((target.to_owned(), path.to_owned())), "{text}");
    }
    for (text, message) in [
        ("+t", "`+t` names a target, not an artifact"),
        ("+/a", "`+/a` names no target"),
        ("c++/a", "`c++/a` holds more than one `+`"),
        ("a", "`a` is not a reference to a target"),
        ("a+1.0/x", "`1.0` is not a name of a target"),
    ] {
        assert_eq!(ArtifactRef::parse(text).map_err(|fault| fault.to_string()), Err(message.to_owned()), "{text}");
    }
}
