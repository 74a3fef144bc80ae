//! What is written in a Buildfile, with a span on every node. Nothing here says what it means.

use crate::source::Span;

/// A whole file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct File {
    /// The `VERSION` statement, where there is one.
    pub version: Option<Command>,
    /// The statements above the first target: the base recipe.
    pub base: Vec<Statement>,
    /// Targets and functions, in the order of the file.
    pub targets: Vec<Target>,
    /// Every comment of the file, in order: what the printer puts back, and doc comments too.
    pub comments: Vec<Comment>,
}

/// A comment, `#` included, without its line end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Where it stands.
    pub span: Span,
    /// Its text from `#` on, trailing blanks dropped.
    pub text: String,
    /// Whether nothing but blanks stands before it on its line. Also set for every comment but the first that stands before or within one
    /// argument of a continued command: only the first can be printed behind something.
    pub own_line: bool,
}

/// A target or a function: a header at the left margin and the indented lines below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Which of the two, told by the first letter of the name.
    pub kind: TargetKind,
    /// The name without the colon.
    pub name: Name,
    /// The block of comment lines directly above the header.
    pub docs: Option<Docs>,
    /// The statements.
    pub recipe: Vec<Statement>,
    /// From the name to the end of the last statement.
    pub span: Span,
}

/// Targets begin with a lower-case letter, functions with an upper-case one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetKind {
    /// `name:`
    Target,
    /// `NAME:`
    Function,
}

/// A name and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The name.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// A doc comment: comment lines directly above an item, without `#` and without the blanks that the first line has after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Docs {
    /// The lines, joined by `\n`.
    pub text: String,
    /// All of the comment lines.
    pub span: Span,
}

/// A statement of a recipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statement {
    /// One command on one (possibly continued) line.
    Command(Command),
    /// `IF … ELSE IF … ELSE … END`
    If(If),
    /// `FOR … END`; the command holds what stands between `FOR` and the line's end.
    For(Block),
    /// `WAIT … END`
    Wait(Block),
    /// `WITH DOCKER … END`
    With(Block),
    /// `TRY … CATCH … FINALLY … END`
    Try(Try),
}

impl Statement {
    /// The statement and those within it, in the order of the text.
    #[must_use]
    pub fn all(statements: &[Self]) -> Vec<&Self> {
        let mut all = Vec::new();
        for statement in statements {
            all.push(statement);
            all.extend(statement.bodies().into_iter().flat_map(Self::all));
        }
        all
    }

    /// What it holds, in the order of the text.
    fn bodies(&self) -> Vec<&[Self]> {
        match self {
            Self::Command(_) => Vec::new(),
            Self::If(block) => {
                let bodies = block.branches.iter().map(|branch| branch.body.as_slice());
                bodies.chain(block.otherwise.as_deref()).collect()
            }
            Self::For(block) | Self::Wait(block) | Self::With(block) => vec![&block.body],
            Self::Try(block) => [Some(block.body.as_slice()), block.catch.as_deref(), block.finally.as_deref()]
                .into_iter()
                .flatten()
                .collect(),
        }
    }

    /// The commands of its own: itself, or what its blocks begin with.
    #[must_use]
    pub fn commands(&self) -> Vec<&Command> {
        match self {
            Self::Command(command) => vec![command],
            Self::If(block) => block.branches.iter().map(|branch| &branch.header).collect(),
            Self::For(block) | Self::Wait(block) | Self::With(block) => vec![&block.header],
            Self::Try(block) => vec![&block.header],
        }
    }

    /// Where the statement stands, its `END` included.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Command(command) => command.span,
            Self::If(block) => block.span,
            Self::For(block) | Self::Wait(block) | Self::With(block) => block.span,
            Self::Try(block) => block.span,
        }
    }
}

/// A block with one header and one body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The header line.
    pub header: Command,
    /// The statements up to `END`.
    pub body: Vec<Statement>,
    /// From the header to `END`.
    pub span: Span,
}

/// A condition chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct If {
    /// `IF` and every `ELSE IF`, in order; at least one.
    pub branches: Vec<Branch>,
    /// What follows `ELSE`.
    pub otherwise: Option<Vec<Statement>>,
    /// From `IF` to `END`.
    pub span: Span,
}

/// One condition and its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// The line with the condition; its keyword is [`Keyword::If`] or [`Keyword::ElseIf`].
    pub header: Command,
    /// The statements that belong to it.
    pub body: Vec<Statement>,
}

/// A `TRY` block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Try {
    /// The line `TRY`.
    pub header: Command,
    /// Between `TRY` and `CATCH`, `FINALLY` or `END`.
    pub body: Vec<Statement>,
    /// Below `CATCH`.
    pub catch: Option<Vec<Statement>>,
    /// Below `FINALLY`.
    pub finally: Option<Vec<Statement>>,
    /// From `TRY` to `END`.
    pub span: Span,
}

/// One command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Which command.
    pub keyword: Keyword,
    /// Where the keyword stands.
    pub keyword_span: Span,
    /// What follows it.
    pub args: Args,
    /// Bodies of the heredocs that the arguments name, in order (`VERSION 1.0` only).
    pub heredocs: Vec<Heredoc>,
    /// The doc comment above it (kept for `ARG`, `SAVE ARTIFACT` and `SAVE IMAGE`).
    pub docs: Option<Docs>,
    /// From the keyword to the end of the last argument (heredocs included).
    pub span: Span,
}

/// The arguments of a command, in the shape that its keyword asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Args {
    /// Words in order, flags among them.
    Words(Vec<Word>),
    /// The whole argument text is a JSON array of strings (`RUN`, `CMD`, `ENTRYPOINT`, `VOLUME`, `SHELL`, `IF`, and in 1.0 `HEALTHCHECK CMD` without flags).
    Json(Vec<JsonString>),
    /// `ARG`, `LET`, `SET`, `ENV`: flags, a name, and perhaps a value.
    Assign(Assign),
    /// `LABEL`: pairs.
    Pairs(Vec<Pair>),
}

/// One word as written: quotes and escapes kept, line continuations and the comments inside them taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The text.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// An element of a JSON array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonString {
    /// The value, unescaped.
    pub value: String,
    /// Where it stands, quotes included.
    pub span: Span,
}

/// `[flags] NAME [= value]`, or `ENV NAME value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assign {
    /// Flags before the name: `--required`, `--global`.
    pub flags: Vec<Word>,
    /// The name; its text is empty where none is written.
    pub name: Word,
    /// The value: everything up to the end of the line, inner white space kept. `None`: nothing, not even `=`, follows the name.
    pub value: Option<Word>,
}

/// One `key=value` of `LABEL`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The key as written.
    pub key: Word,
    /// The value as written.
    pub value: Word,
}

/// A heredoc: `<<NAME`, `<<-NAME`, `<<"NAME"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heredoc {
    /// The delimiter without quotes.
    pub name: String,
    /// Whether variables are expanded in it (the delimiter is not quoted).
    pub expand: bool,
    /// The lines between, each with its `\n`; for `<<-` without leading tabs.
    pub body: String,
    /// From the first line of the body to the end of the delimiter line.
    pub span: Span,
}

macro_rules! keywords {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// Every keyword of the language.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Keyword {
            $(#[doc = concat!("`", $text, "`")] $name,)*
        }

        impl Keyword {
            /// All keywords, in no order that matters.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The keyword as it is written.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }

        impl std::fmt::Display for Keyword {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

keywords! {
    Add = "ADD",
    Arg = "ARG",
    Build = "BUILD",
    Cache = "CACHE",
    Catch = "CATCH",
    Cmd = "CMD",
    Command = "COMMAND",
    Copy = "COPY",
    Do = "DO",
    Else = "ELSE",
    ElseIf = "ELSE IF",
    End = "END",
    Entrypoint = "ENTRYPOINT",
    Env = "ENV",
    Expose = "EXPOSE",
    Finally = "FINALLY",
    For = "FOR",
    From = "FROM",
    FromDockerfile = "FROM DOCKERFILE",
    Function = "FUNCTION",
    GitClone = "GIT CLONE",
    Healthcheck = "HEALTHCHECK",
    Host = "HOST",
    If = "IF",
    Import = "IMPORT",
    Label = "LABEL",
    Let = "LET",
    Locally = "LOCALLY",
    Onbuild = "ONBUILD",
    Project = "PROJECT",
    Run = "RUN",
    SaveArtifact = "SAVE ARTIFACT",
    SaveImage = "SAVE IMAGE",
    Set = "SET",
    Shell = "SHELL",
    Stopsignal = "STOPSIGNAL",
    Try = "TRY",
    User = "USER",
    Version = "VERSION",
    Volume = "VOLUME",
    Wait = "WAIT",
    WithDocker = "WITH DOCKER",
    Workdir = "WORKDIR",
}
