//! What of a list is asked for by query parameters.

use axum::extract::{FromRequestParts, Query};
use http::request::Parts;

use crate::problem::Problem;

/// The parameters of a query: a name may stand several times, and a value be several with commas
/// between.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ListQuery(Vec<(String, String)>);

impl ListQuery {
    /// Whether a value is asked for: it is one of the parameter's, or the parameter is not given.
    pub(crate) fn admits(&self, parameter: &str, value: Option<&str>) -> bool {
        let mut wanted = self.values(parameter).peekable();
        wanted.peek().is_none() || wanted.any(|wanted| Some(wanted) == value)
    }

    /// Whether data of other gateways are asked for too.
    pub(crate) fn with_federation(&self) -> bool {
        let yes = ["true", "on", "yes", "1"];
        self.values("withFederation").any(|value| yes.contains(&value))
    }

    /// The values of a parameter, in the order of the query.
    pub(crate) fn values<'q>(&'q self, parameter: &str) -> impl Iterator<Item = &'q str> {
        self.0
            .iter()
            .filter(move |(name, _)| name == parameter)
            .flat_map(|(_, value)| value.split(','))
            .map(str::trim)
            .filter(|value| !value.is_empty())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ListQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(parameters)) => Ok(Self(parameters)),
            Err(_) => Err(Problem::invalid_parameter("the query cannot be read")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_may_have_several_values_in_two_ways() {
        let query = |parameters: &[(&str, &str)]| {
            let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            ListQuery(parameters.iter().map(owned).collect())
        };
        for wanted in [query(&[("c", "DE,FR")]), query(&[("c", "DE"), ("c", " FR ")])] {
            assert!(wanted.admits("c", Some("DE")) && wanted.admits("c", Some("FR")));
            assert!(!wanted.admits("c", Some("de")) && !wanted.admits("c", None));
            assert!(wanted.admits("d", None));
        }
        assert!(query(&[("c", "")]).admits("c", Some("DE")), "an empty one asks for nothing");
        for (text, wanted) in [("true", true), ("1", true), ("", false), ("false", false)] {
            assert_eq!(query(&[("withFederation", text)]).with_federation(), wanted);
        }
    }
}
