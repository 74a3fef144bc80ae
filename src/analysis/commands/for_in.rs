//! `FOR … IN …`

use super::super::analyser::Analyser;
use super::super::flags::{self, FlagSpec, Position};
use super::super::names::is_variable_name;
use super::super::program::{CommandLine, Question};
use super::super::template::Template;
use super::question::{self, FLAGS, question};
use crate::syntax::ast::{Command, Name};

/// How it is written, for help texts.
const FORM: &str = "write `FOR name IN words`";

/// What stands in the line: the variable, the separators, the values.
pub(in crate::analysis) struct Head {
    pub(in crate::analysis) variable: Name,
    pub(in crate::analysis) separators: Option<Template>,
    pub(in crate::analysis) values: Question,
}

/// Reads the line.
pub(in crate::analysis) fn for_in(analyser: &mut Analyser<'_>, header: &Command) -> Option<Head> {
    let words = analyser.words(header)?;
    let specs: Vec<FlagSpec> = FLAGS.into_iter().chain([FlagSpec::value("sep")]).collect();
    let found = flags::parse(analyser, header.keyword, words, &specs, Position::First);
    let [name, behind @ ..] = found.words.as_slice() else {
        return analyser.error("missing-argument", header.span, "not enough arguments for `FOR`".to_owned(), FORM);
    };
    if !is_variable_name(&name.text) {
        let message = format!("`{}` cannot be the name of a variable", name.text);
        let help = "a name is a letter or `_`, then letters, digits and `_`";
        return analyser.error("variable-name", name.span, message, help);
    }
    let values = match behind {
        [r#in, values @ ..] if r#in.text == "IN" => values,
        [other, ..] => {
            let message = format!("expected `IN`, got `{}`", other.text);
            return analyser.error("for-in", other.span, message, FORM);
        }
        [] => {
            let message = format!("expected `IN` behind `{}`", name.text);
            return analyser.error("for-in", name.span, message, FORM);
        }
    };
    let separators = found.template(analyser, "sep");
    let command = CommandLine::Shell(question::text(values, header.span));
    let values = question(analyser, &found, command);
    Some(Head { variable: Name { text: name.text.clone(), span: name.span }, separators, values })
}
