//! Text to syntax tree. Total: every input parses, and every mistake is reported on its own line.

pub mod ast;
