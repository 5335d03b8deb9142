//! Whose keys count: profiles, paths, ceremonies, trust lists.
