//! Pictures to texts: QR and Aztec codes.
