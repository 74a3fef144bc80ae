use crate::analysis::{Options, analyse};
use crate::source::FileId;
use crate::syntax::{ParseOptions, parse};
use proptest::prelude::*;

const COMMANDS: &str = "FROM|FROM DOCKERFILE|RUN|COPY|SAVE ARTIFACT|SAVE IMAGE|BUILD|ARG|LET|SET|ENV|WORKDIR|USER|CMD|ENTRYPOINT\
    |EXPOSE|LABEL|VOLUME|HEALTHCHECK|CACHE|DO|IMPORT|ONBUILD|IF|FOR|END";
const WORDS: &str = "[-]-[a-z-]{1,12}(=[a-z$/+]{0,5})?|[-]-(platform|chmod|mount|secret|build-arg|id|sharing)( |=)[a-z0-9$=,/]{0,12}\
    |[+]?[a-z]{1,5}(/[a-z*]{0,3})?|\\([+]t/a --x=1\\)|\\(|\\)|\"[a-z $]{0,6}\"|'[a-z $]{0,6}'|\\$[{]?[A-Z]{0,3}(:-[a-z]*)?[}]?|AS|LOCAL|CMD\
    |\\[\"[a-z]*\"\\]|\\$\\([a-z ]*\\)|[a-zü+./=\\\\-]{1,8}";

fn file() -> impl Strategy<Value = String> {
    let command = (COMMANDS, prop::collection::vec(WORDS, 0..6))
        .prop_map(|(command, words)| format!("    {command} {}\n", words.join(" ")));
    let version = prop::sample::select(vec!["", "VERSION 0.6\n", "VERSION 0.8\n", "VERSION 1.0\n"]);
    (version, prop::collection::vec(command, 0..8))
        .prop_map(|(version, commands)| format!("{version}t:\n{}", commands.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_file_is_analysed_without_a_panic(text in file()) {
        let parsed = parse(FileId(0), &text, ParseOptions::default());
        for incomplete in [false, true] {
            let options = Options { incomplete, ..Options::default() };
            let (unit, faults) = analyse(FileId(0), &parsed.file, &options);
            prop_assert_eq!(unit.targets.len(), parsed.file.targets.len());
            for fault in faults {
                let span = fault.span().expect("a fault has a place");
                prop_assert!(span.start <= span.end && span.end as usize <= text.len(), "{:?} in {:?}", fault, text);
                prop_assert!(text.is_char_boundary(span.start as usize) && text.is_char_boundary(span.end as usize));
            }
        }
    }
}
