//! Names for the nodes without one, the same for the same statements (RDFC-1.0, section 4).

use std::collections::{BTreeMap, HashMap};

use gdhcn_crypto::sha256;

use super::Quad;

/// Bounds on the work: a graph can be made in which naming costs a time that grows like a
/// factorial ("poison graphs", RDFC-1.0, 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Statements.
    pub quads: usize,
    /// Orders of nodes that look alike which are tried, over the whole graph.
    pub permutations: usize,
}

impl Default for Limits {
    /// 5000 statements, 5000 orders.
    fn default() -> Self {
        Self { quads: 5_000, permutations: 5_000 }
    }
}

/// Why a graph is not named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CanonicalError {
    /// There are more statements than allowed.
    #[error("the document makes more than {limit} statements")]
    TooManyQuads {
        /// The limit.
        limit: usize,
    },
    /// Too many nodes look alike.
    #[error("too many nodes without a name look alike; more than {limit} orders would be to try")]
    TooComplex {
        /// The limit.
        limit: usize,
    },
}

/// The canonical N-Quads: one line for each statement, sorted.
///
/// # Errors
///
/// When a limit is exceeded.
pub fn n_quads(quads: &[Quad], limits: &Limits) -> Result<String, CanonicalError> {
    if quads.len() > limits.quads {
        return Err(CanonicalError::TooManyQuads { limit: limits.quads });
    }
    let names = Naming::new(quads, limits).run()?;
    let mut lines: Vec<String> = quads
        .iter()
        .map(|quad| {
            let mut line = String::new();
            quad.write(&mut line, &|label| names.get(label).cloned().unwrap_or_default());
            line
        })
        .collect();
    lines.sort_unstable();
    lines.dedup();
    Ok(lines.concat())
}

/// Gives out labels in the order in which they are asked for.
#[derive(Clone, Debug)]
struct Issuer {
    prefix: &'static str,
    issued: HashMap<String, String>,
    order: Vec<String>,
}

impl Issuer {
    fn new(prefix: &'static str) -> Self {
        Self { prefix, issued: HashMap::new(), order: Vec::new() }
    }

    fn get(&self, node: &str) -> Option<&String> {
        self.issued.get(node)
    }

    fn issue(&mut self, node: &str) -> String {
        if let Some(label) = self.issued.get(node) {
            return label.clone();
        }
        let label = format!("{}{}", self.prefix, self.order.len());
        self.issued.insert(node.to_owned(), label.clone());
        self.order.push(node.to_owned());
        label
    }
}

struct Naming<'q> {
    quads_of: BTreeMap<&'q str, Vec<&'q Quad>>,
    first_degree: HashMap<&'q str, String>,
    canonical: Issuer,
    left: usize,
    limit: usize,
}

impl<'q> Naming<'q> {
    fn new(quads: &'q [Quad], limits: &Limits) -> Self {
        let mut quads_of: BTreeMap<&str, Vec<&Quad>> = BTreeMap::new();
        for quad in quads {
            for (_, label) in quad.blanks() {
                let list = quads_of.entry(label).or_default();
                if !list.last().is_some_and(|last| std::ptr::eq(*last, quad)) {
                    list.push(quad);
                }
            }
        }
        Self {
            quads_of,
            first_degree: HashMap::new(),
            canonical: Issuer::new("c14n"),
            left: limits.permutations,
            limit: limits.permutations,
        }
    }

    /// RDFC-1.0, 4.4.3.
    fn run(mut self) -> Result<HashMap<String, String>, CanonicalError> {
        let mut by_hash: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        let nodes: Vec<&str> = self.quads_of.keys().copied().collect();
        for node in nodes {
            let hash = self.hash_first_degree(node);
            by_hash.entry(hash.clone()).or_default().push(node);
            self.first_degree.insert(node, hash);
        }
        for nodes in by_hash.values() {
            if let [node] = nodes.as_slice() {
                self.canonical.issue(node);
            }
        }
        for nodes in by_hash.values().filter(|nodes| nodes.len() > 1) {
            let mut paths = Vec::new();
            for node in nodes {
                if self.canonical.get(node).is_none() {
                    let mut issuer = Issuer::new("b");
                    issuer.issue(node);
                    paths.push(self.hash_n_degree(node, issuer)?);
                }
            }
            paths.sort_by(|(one, _), (other, _)| one.cmp(other));
            for (_, issuer) in paths {
                for node in issuer.order {
                    self.canonical.issue(&node);
                }
            }
        }
        Ok(self.canonical.issued)
    }

    /// RDFC-1.0, 4.6.
    fn hash_first_degree(&self, node: &str) -> String {
        let quads = self.quads_of.get(node).map(Vec::as_slice).unwrap_or_default();
        let mut lines: Vec<String> = quads
            .iter()
            .map(|quad| {
                let mut line = String::new();
                quad.write(&mut line, &|label| if label == node { "a" } else { "z" }.to_owned());
                line
            })
            .collect();
        lines.sort_unstable();
        hash(&lines.concat())
    }

    /// RDFC-1.0, 4.7.
    fn hash_related(&self, node: &str, quad: &Quad, issuer: &Issuer, place: char) -> String {
        let mut input = String::from(place);
        if place != 'g' {
            input.push('<');
            input.push_str(&quad.predicate);
            input.push('>');
        }
        match self.canonical.get(node).or_else(|| issuer.get(node)) {
            Some(label) => {
                input.push_str("_:");
                input.push_str(label);
            }
            None => input.push_str(self.first_degree.get(node).map_or("", String::as_str)),
        }
        hash(&input)
    }

    /// RDFC-1.0, 4.8.
    fn hash_n_degree(
        &mut self,
        node: &str,
        mut issuer: Issuer,
    ) -> Result<(String, Issuer), CanonicalError> {
        let mut related: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let quads = self.quads_of.get(node).cloned().unwrap_or_default();
        for quad in quads {
            for (place, other) in quad.blanks().filter(|(_, other)| *other != node) {
                let hash = self.hash_related(other, quad, &issuer, place);
                related.entry(hash).or_default().push(other.to_owned());
            }
        }
        let mut data = String::new();
        for (hash, nodes) in related {
            data.push_str(&hash);
            let mut chosen: Option<(String, Issuer)> = None;
            let mut order: Vec<usize> = (0..nodes.len()).collect();
            loop {
                self.left = self
                    .left
                    .checked_sub(1)
                    .ok_or(CanonicalError::TooComplex { limit: self.limit })?;
                let best = chosen.as_ref().map(|(path, _)| path.as_str());
                if let Some(better) = self.path(&nodes, &order, issuer.clone(), best)? {
                    chosen = Some(better);
                }
                if !next_permutation(&mut order) {
                    break;
                }
            }
            if let Some((path, its_issuer)) = chosen {
                data.push_str(&path);
                issuer = its_issuer;
            }
        }
        Ok((hash(&data), issuer))
    }

    /// The path of one order of nodes, unless it is no better than the best so far.
    fn path(
        &mut self,
        nodes: &[String],
        order: &[usize],
        mut issuer: Issuer,
        best: Option<&str>,
    ) -> Result<Option<(String, Issuer)>, CanonicalError> {
        let is_worse =
            |path: &str| best.is_some_and(|best| path.len() >= best.len() && path > best);
        let mut path = String::new();
        let mut recursion = Vec::new();
        for node in order.iter().filter_map(|index| nodes.get(*index)) {
            path.push_str("_:");
            match self.canonical.get(node) {
                Some(label) => path.push_str(label),
                None => {
                    if issuer.get(node).is_none() {
                        recursion.push(node);
                    }
                    path.push_str(&issuer.issue(node));
                }
            }
            if is_worse(&path) {
                return Ok(None);
            }
        }
        for node in recursion {
            let (hash, its_issuer) = self.hash_n_degree(node, issuer.clone())?;
            path.push_str("_:");
            path.push_str(&issuer.issue(node));
            path.push('<');
            path.push_str(&hash);
            path.push('>');
            issuer = its_issuer;
            if is_worse(&path) {
                return Ok(None);
            }
        }
        Ok((best.is_none_or(|best| path.as_str() < best)).then_some((path, issuer)))
    }
}

/// The next order in the order of dictionaries; `false` after the last.
fn next_permutation(order: &mut [usize]) -> bool {
    let Some(pivot) = order.windows(2).rposition(|pair| matches!(pair, [a, b] if a < b)) else {
        return false;
    };
    let value = order.get(pivot).copied().unwrap_or_default();
    if let Some(other) = order.iter().rposition(|candidate| *candidate > value) {
        order.swap(pivot, other);
    }
    if let Some(tail) = order.get_mut(pivot + 1..) {
        tail.reverse();
    }
    true
}

fn hash(text: &str) -> String {
    hex::encode(sha256(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::super::{Literal, Term};
    use super::*;

    fn edge(from: &str, to: &str) -> Quad {
        Quad {
            subject: Term::Blank(from.to_owned()),
            predicate: "http://example.org/p".to_owned(),
            object: Term::Blank(to.to_owned()),
            graph: None,
        }
    }

    #[test]
    fn names_do_not_depend_on_labels_or_order() {
        let one = [edge("x", "y"), edge("y", "z"), edge("z", "x")];
        let other = [edge("b", "c"), edge("a", "b"), edge("c", "a")];
        let limits = Limits::default();
        assert_eq!(n_quads(&one, &limits), n_quads(&other, &limits));
    }

    #[test]
    fn a_poison_graph_is_refused_in_bounded_time() {
        let nodes: Vec<String> = (0..12).map(|n| format!("n{n}")).collect();
        let clique: Vec<Quad> = nodes
            .iter()
            .flat_map(|a| nodes.iter().filter(move |b| *b != a).map(move |b| edge(a, b)))
            .collect();
        let limits = Limits::default();
        assert_eq!(n_quads(&clique, &limits), Err(CanonicalError::TooComplex { limit: 5_000 }));
        let few = Limits { quads: 10, ..limits };
        assert_eq!(n_quads(&clique, &few), Err(CanonicalError::TooManyQuads { limit: 10 }));
    }

    #[test]
    fn literals_are_escaped() {
        let literal = Literal { value: "a\"\\\n\r\t".to_owned(), datatype: None, language: None };
        let quad = Quad {
            subject: Term::Iri("urn:s".to_owned()),
            predicate: "urn:p".to_owned(),
            object: Term::Literal(literal),
            graph: None,
        };
        let lines = n_quads(&[quad.clone(), quad], &Limits::default()).unwrap();
        assert_eq!(lines, "<urn:s> <urn:p> \"a\\\"\\\\\\n\\r\t\" .\n");
    }
}
