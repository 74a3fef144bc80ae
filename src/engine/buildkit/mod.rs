//! BuildKit behind Docker's socket.
