//! The plan as text, dot and JSON.

mod describe;
mod dot;
mod json;
mod order;
mod text;

pub use dot::dot;
pub use json::json;
pub use text::text;
