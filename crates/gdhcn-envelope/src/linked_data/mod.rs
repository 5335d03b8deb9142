//! linked_data.
