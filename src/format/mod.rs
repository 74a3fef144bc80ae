//! Lays out Buildfiles: indentation, blank lines, long lines, comments. What a file means stays as it is.
//!
//! The text is laid out line by line, and not printed from the tree: so every comment stays where it is, and quoted text and heredocs
//! are copied as they stand.
//!
//! | module | |
//! |---|---|
//! | `layout` | lines to lines: depth, blank lines, comments; [`format`](format()) |
//! | `pieces` | a command's arguments as pieces of text, with what stands between them |
//! | `wrap` | where a line that is too long may go on below |
//! | `shell` | the operators of a shell command |
//! | `command` | pieces to text |
//! | `page` | lines to text: comments behind lines that follow each other begin at one column |

mod command;
mod layout;
mod page;
mod pieces;
mod shell;
mod wrap;

pub use layout::format;
