//! Random programs neither panic nor hang.
