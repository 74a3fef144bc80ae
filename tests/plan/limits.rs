//! Long chains are planned quickly, endless ones are ended.
