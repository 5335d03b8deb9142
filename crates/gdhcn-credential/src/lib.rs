//! Health documents on the wire, read and write.
