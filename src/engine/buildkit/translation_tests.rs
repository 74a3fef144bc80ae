use super::*;

/// Encodes operations one after the other; each gives its digest for the inputs of later ones.
#[derive(Default)]
struct Definition(pb::Definition);

impl Definition {
    fn add(&mut self, inputs: &[&str], op: Option<pb::op::Op>) -> String {
        let inputs = inputs.iter().map(|digest| pb::Input { digest: (*digest).to_owned(), index: 0 }).collect();
        let bytes = lower::encode(pb::Op { inputs, op, ..pb::Op::default() });
        let digest = Digest::of(&bytes).to_string();
        self.0.def.push(bytes);
        digest
    }

    fn source(&mut self, identifier: &str) -> String {
        let source = pb::SourceOp { identifier: identifier.to_owned(), ..pb::SourceOp::default() };
        self.add(&[], Some(pb::op::Op::Source(source)))
    }

    fn copy(&mut self, inputs: [&str; 2], sources: &[&str]) -> String {
        let copy = |source: &&str| pb::FileAction {
            input: 0,
            secondary_input: 1,
            output: 0,
            action: Some(pb::file_action::Action::Copy(pb::FileActionCopy {
                src: (*source).to_owned(),
                ..pb::FileActionCopy::default()
            })),
        };
        let actions = sources.iter().map(copy).collect();
        self.add(&inputs, Some(pb::op::Op::File(pb::FileOp { actions })))
    }

    fn read(&self) -> Result<Translation, EngineError> {
        read(&self.0, &"linux/amd64".parse().expect("valid"), "ns/")
    }
}

#[test]
fn operations_are_told_apart_and_the_context_is_what_is_read_of_it() {
    let mut definition = Definition::default();
    let image = definition.source("docker-image://docker.io/library/busybox:latest");
    let context = definition.source(CONTEXT);
    let copied = definition.copy([&image, &context], &["/b/", "/*.go", "b", "/a/./c"]);
    let copied = definition.copy([&copied, &image], &["/not-of-the-context"]);
    let cache = pb::CacheOpt { id: "/go".to_owned(), sharing: pb::CacheSharingOpt::Locked.into() };
    let mounts = vec![
        pb::Mount { input: 0, dest: "/".to_owned(), output: 0, ..pb::Mount::default() },
        pb::Mount { input: 1, selector: "/m".to_owned(), dest: "/x".to_owned(), output: -1, ..pb::Mount::default() },
        pb::Mount { input: -1, dest: "/go".to_owned(), output: -1, cache_opt: Some(cache), ..pb::Mount::default() },
    ];
    let meta = pb::Meta { args: vec!["make".to_owned()], ..pb::Meta::default() };
    let exec = pb::ExecOp { meta: Some(meta), mounts, ..pb::ExecOp::default() };
    let ran = definition.add(&[&copied, &context], Some(pb::op::Op::Exec(exec)));
    definition.add(&[&ran], None);
    definition.0.metadata.insert(
        ran.clone(),
        pb::OpMetadata {
            description: [("llb.customname".to_owned(), "[2/2] RUN make".to_owned())].into(),
            ..pb::OpMetadata::default()
        },
    );
    let start = Some(pb::Position { line: 7, character: 0 });
    let location = pb::Location { source_index: 0, ranges: vec![pb::Range { start, end: start }] };
    definition.0.source =
        Some(pb::Source { locations: [(ran, pb::Locations { locations: vec![location] })].into(), infos: Vec::new() });

    let translation = definition.read().expect("is understood");
    assert_eq!(translation.root, Some((4, 0)));
    assert_eq!(translation.context, ["*.go", "a/c", "b", "m"]);
    assert!(matches!(&translation.pieces[0].op, PieceOp::Image(image) if image.reference.ends_with("busybox:latest")));
    assert_eq!(translation.pieces[1].op, PieceOp::Context);
    let run = &translation.pieces[4];
    assert_eq!((run.name.as_str(), run.line, &run.inputs), ("[2/2] RUN make", Some(7), &vec![(3, 0), (1, 0)]));
    let PieceOp::Llb(llb) = &run.op else { panic!("{run:?}") };
    let process = llb.process.as_ref().expect("is a process");
    assert_eq!(process.args, ["make"]);
    assert_eq!(process.caches, [("ns//go".to_owned(), CacheSharing::Locked)]);
    let held = pb::Op::decode(llb.bytes.as_slice()).expect("is an operation");
    assert!(held.inputs.is_empty(), "inputs are the graph's");
    let Some(pb::op::Op::Exec(exec)) = held.op else { panic!("is a process") };
    assert_eq!(exec.mounts[2].cache_opt.as_ref().expect("is a cache").id, "ns//go");
}

#[test]
fn an_empty_file_system_and_a_whole_context() {
    let mut definition = Definition::default();
    assert_eq!(definition.read().expect("is nothing").root, None);
    let context = definition.source(CONTEXT);
    definition.add(&[&context], None);
    let translation = definition.read().expect("is understood");
    assert_eq!((translation.root, translation.context), (Some((0, 0)), vec![".".to_owned()]));
}

#[test]
fn what_is_not_known_is_refused() {
    let mut definition = Definition::default();
    definition.source("local://dockerfile");
    assert!(definition.read().expect_err("is not ours").to_string().contains("local://dockerfile"));

    // A field 500 of a newer engine.
    let mut definition = Definition::default();
    definition.source(CONTEXT);
    definition.0.def[0].extend([0xa2, 0x1f, 1, b'x']);
    assert!(definition.read().expect_err("is newer").to_string().contains("does not know"));

    let mut definition = Definition::default();
    definition.add(&["sha256:0"], None);
    assert!(definition.read().is_err(), "an input is missing");
}
