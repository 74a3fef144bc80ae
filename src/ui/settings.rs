//! What the terminal can do, and which renderer suits it.

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Live lines on a terminal, plain lines elsewhere and in CI.
    #[default]
    Auto,
    /// Live lines. Plain lines where the terminal cannot be drawn on.
    Fancy,
    /// One line for each thing that happens.
    Plain,
    /// One JSON object a line; `docs/progress.md` is the schema.
    Json,
}

impl Mode {
    /// The mode that is really used on this terminal: never [`Mode::Auto`].
    #[must_use]
    pub fn settle(self, terminal: &Terminal) -> Self {
        match self {
            Self::Json => Self::Json,
            Self::Plain => Self::Plain,
            Self::Fancy if terminal.drawable => Self::Fancy,
            Self::Auto if terminal.drawable && !terminal.ci => Self::Fancy,
            Self::Fancy | Self::Auto => Self::Plain,
        }
    }
}

/// Columns of the terminal that standard error is, if it is one.
#[must_use]
pub fn columns() -> Option<usize> {
    console::Term::stderr().size_checked().map(|(_, columns)| columns.into())
}

/// What [`Terminal::new`] decides from: values of the environment as they are, `None` where a variable is not set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Environment {
    /// Standard error is a terminal.
    pub is_tty: bool,
    /// Whether the user asked for colours, or for none; that beats all else.
    pub colour: Option<bool>,
    /// Columns of that terminal, where known. A live terminal is asked again while it is drawn on.
    pub width: Option<usize>,
    /// `NO_COLOR`; see no-color.org: any text turns colour off.
    pub no_color: Option<String>,
    /// `CLICOLOR_FORCE`; anything but `0` turns colour on.
    pub clicolor_force: Option<String>,
    /// `FORCE_COLOR`; anything but `0` and `false` turns colour on.
    pub force_color: Option<String>,
    /// `CI`; anything but `0` and `false` means that nobody watches live.
    pub ci: Option<String>,
    /// `TERM`.
    pub term: Option<String>,
    /// The locale for characters: the first that is set of `LC_ALL`, `LC_CTYPE` and `LANG`.
    pub locale: Option<String>,
}

/// What standard error can show. Made by [`Terminal::new`] alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terminal {
    /// Columns; `None` where lines are as long as they like (pipes, files).
    pub width: Option<usize>,
    /// Whether to colour.
    pub colour: bool,
    /// Whether characters beyond ASCII can be shown.
    pub unicode: bool,
    /// Whether it is a terminal at all.
    pub is_tty: bool,
    /// Whether lines can be drawn over.
    pub drawable: bool,
    /// Whether this is a CI job.
    pub ci: bool,
}

impl Terminal {
    /// Settles everything. What the user typed beats `NO_COLOR`, and that the variables that force colour.
    #[must_use]
    pub fn new(environment: &Environment) -> Self {
        let set = |value: &Option<String>| value.as_deref().is_some_and(|text| !text.is_empty());
        let wanted = |value: &Option<String>| {
            value.as_deref().is_some_and(|text| !matches!(text, "" | "0") && !text.eq_ignore_ascii_case("false"))
        };
        let term = environment.term.as_deref().unwrap_or("");
        let dumb = term == "dumb";
        let forced = wanted(&environment.clicolor_force) || wanted(&environment.force_color);
        let locale = environment.locale.as_deref().unwrap_or("").to_ascii_lowercase();
        Self {
            width: environment.width.filter(|width| *width > 0 && environment.is_tty),
            colour: environment
                .colour
                .unwrap_or_else(|| !set(&environment.no_color) && (forced || (environment.is_tty && !dumb))),
            // The Linux console has a small font: spinner and check mark are not in it.
            unicode: (locale.contains("utf-8") || locale.contains("utf8")) && !dumb && term != "linux",
            is_tty: environment.is_tty,
            drawable: environment.is_tty && !dumb,
            ci: wanted(&environment.ci),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tty() -> Environment {
        Environment {
            is_tty: true,
            width: Some(100),
            term: Some("xterm-256color".into()),
            locale: Some("en_GB.UTF-8".into()),
            ..Environment::default()
        }
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn colour_follows_the_variables() {
        let check = |environment: Environment, expect: bool| {
            assert_eq!(Terminal::new(&environment).colour, expect, "{environment:?}");
        };
        let pipe = Environment::default();
        check(tty(), true);
        check(pipe.clone(), false);
        check(Environment { no_color: some("1"), ..tty() }, false);
        check(Environment { no_color: some(""), ..tty() }, true);
        check(Environment { no_color: some("1"), force_color: some("1"), ..tty() }, false);
        check(Environment { term: some("dumb"), ..tty() }, false);
        check(Environment { clicolor_force: some("1"), ..pipe.clone() }, true);
        check(Environment { clicolor_force: some("0"), ..pipe.clone() }, false);
        check(Environment { force_color: some("3"), ..pipe.clone() }, true);
        check(Environment { force_color: some("false"), ..pipe.clone() }, false);
        check(Environment { colour: Some(true), no_color: some("1"), ..pipe }, true);
        check(Environment { colour: Some(false), clicolor_force: some("1"), ..tty() }, false);
    }

    #[test]
    fn characters_follow_locale_and_terminal() {
        let check = |locale: &str, term: &str, expect: bool| {
            let environment = Environment { locale: some(locale), term: some(term), ..tty() };
            assert_eq!(Terminal::new(&environment).unicode, expect, "{locale} {term}");
        };
        check("en_GB.UTF-8", "xterm", true);
        check("de_DE.utf8", "xterm", true);
        check("C", "xterm", false);
        check("en_GB.UTF-8", "linux", false);
        check("en_GB.UTF-8", "dumb", false);
    }

    #[test]
    fn modes_settle_for_what_the_terminal_can_do() {
        let check = |mode: Mode, environment: Environment, expect: Mode| {
            assert_eq!(mode.settle(&Terminal::new(&environment)), expect, "{mode:?} {environment:?}");
        };
        let pipe = Environment::default();
        check(Mode::Auto, tty(), Mode::Fancy);
        check(Mode::Auto, pipe.clone(), Mode::Plain);
        check(Mode::Auto, Environment { ci: some("true"), ..tty() }, Mode::Plain);
        check(Mode::Auto, Environment { ci: some("false"), ..tty() }, Mode::Fancy);
        check(Mode::Auto, Environment { term: some("dumb"), ..tty() }, Mode::Plain);
        check(Mode::Fancy, Environment { ci: some("true"), ..tty() }, Mode::Fancy);
        check(Mode::Fancy, pipe.clone(), Mode::Plain);
        check(Mode::Plain, tty(), Mode::Plain);
        check(Mode::Json, pipe, Mode::Json);
    }

    #[test]
    fn a_pipe_has_no_width() {
        assert_eq!(Terminal::new(&tty()).width, Some(100));
        assert_eq!(Terminal::new(&Environment { is_tty: false, ..tty() }).width, None);
        assert_eq!(Terminal::new(&Environment { width: Some(0), ..tty() }).width, None);
    }
}
