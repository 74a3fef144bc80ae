//! The graph as text, dot and JSON.
