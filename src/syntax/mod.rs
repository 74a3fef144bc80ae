//! Text to syntax tree. Total: every input parses, and every mistake is reported on its own line.
//!
//! The grammar (`grammar/*.pest`) knows one logical line at a time: a command with its continuations, a target's header, a comment.
//! Everything above that is built from lines here.
//!
//! | module | |
//! |---|---|
//! | `parser` | the door to pest: text at an offset to a `line::Line`; no pest type leaves it |
//! | `command` | a command's line to a command of the tree, its arguments checked |
//! | `heredoc` | bodies that follow a command's line |
//! | `docs`, `json` | doc comments; strings of JSON arrays |
//! | `recipe` | statements to blocks: `IF … END` and its kin |
//! | `read` | the loop over lines: recipes, targets, indentation, doc comments; [`parse`] |
//! | `fault` | the wording of every diagnostic; [`suggest`] finds what may have been meant |
//! | `rows` | the lines of a text without errors, for what must keep their order and comments; [`rows`] |
//! | `printer`, `arguments` | tree to text: [`print`](print()) |

mod arguments;
pub mod ast;
mod command;
mod docs;
mod fault;
mod heredoc;
mod json;
mod line;
mod parser;
mod printer;
mod read;
mod recipe;
mod rows;
pub mod suggest;

pub use printer::print;
pub use read::{ParseOptions, Parsed, parse};
pub use rows::{Row, RowKind, rows};
