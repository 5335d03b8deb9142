use std::sync::Arc;

use axum::Router;
use axum::routing::MethodRouter;

use super::Gateway;

/// A router that remembers its paths, so that a test can compare them with the description.
#[derive(Debug)]
pub(super) struct Routes {
    router: Router<Arc<Gateway>>,
    /// Kept in tests only.
    #[cfg(test)]
    paths: Vec<&'static str>,
}

impl Routes {
    pub(super) fn new() -> Self {
        Self {
            router: Router::new(),
            #[cfg(test)]
            paths: Vec::new(),
        }
    }

    /// Adds a path, as [`Router::route`] does.
    pub(super) fn route(self, path: &'static str, methods: MethodRouter<Arc<Gateway>>) -> Self {
        Self {
            #[cfg(test)]
            paths: [self.paths, vec![path]].concat(),
            router: self.router.route(path, methods),
        }
    }

    /// The paths of both.
    pub(super) fn merge(self, other: Self) -> Self {
        Self {
            #[cfg(test)]
            paths: [self.paths, other.paths].concat(),
            router: self.router.merge(other.router),
        }
    }

    #[cfg(test)]
    /// The paths in the order in which they were added.
    pub(super) fn paths(&self) -> &[&'static str] {
        &self.paths
    }

    pub(super) fn into_router(self) -> Router<Arc<Gateway>> {
        self.router
    }
}
