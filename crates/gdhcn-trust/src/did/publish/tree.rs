use std::collections::{BTreeMap, BTreeSet, HashSet};

use gdhcn_codes::{Domain, KeyUsage};

use super::document::{Coded, DID_CONTEXTS, Document, Facts, KeyMethod, Method, WriteError};
use super::jwk::{Form, Jwk, Padding};
use super::select::{ListCode, ListedKey};

/// The list of another publisher that a participant names instead of keys: a DID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedIssuer {
    /// Whose it is.
    pub code: ListCode,
    /// The trust domain.
    pub domain: Domain,
    /// The DID.
    pub did: String,
}

/// The version 1 list: document signers, and one document for each participant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version1 {
    /// The DID of the whole list, such as `did:web:tng-cdn.who.int:trustlist`.
    pub did: String,
    /// How numbers and curves are written.
    pub form: Form,
    /// The participants that get a document, also without keys; none: no such documents.
    pub participants: BTreeSet<ListCode>,
}

/// A version 2 list: every key in documents by domain, participant and usage, and the same tree
/// again with references.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version2 {
    /// What the two trees stand under, such as `did:web:tng-cdn.who.int:v2`.
    pub did: String,
    /// Whose value sets the members of an entry point into.
    pub environment: Environment,
    /// How numbers and curves are written.
    pub form: Form,
    /// In which shape domain, participant and usage are written.
    pub members: CodedMembers,
}

/// An environment of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Environment {
    /// The productive one.
    #[default]
    Production,
    /// User acceptance tests.
    Uat,
    /// Development.
    Dev,
}

impl Environment {
    const fn context(self) -> &'static str {
        match self {
            Self::Production => "https://smart.who.int/trust/tng-context/v1.jsonld",
            Self::Uat => "https://smart.who.int/trust/tng-context/v1-UAT.jsonld",
            Self::Dev => "https://smart.who.int/trust/tng-context/v1-DEV.jsonld",
        }
    }
}

/// The shape of the members `domain`, `participant` and `keyusage`, which changed in 2026. Two
/// trees with one shape each can stand side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum CodedMembers {
    /// `{"code":"#DCC"}`, which the proof signs.
    #[default]
    Objects,
    /// `"DCC"`, as until 2025: the proof does **not** sign these members.
    Texts,
}

/// Named by the lists whose members are texts. It defines nothing.
const EMPTY_CONTEXT: &str =
    "https://worldhealthorganization.github.io/smart-trust/tng-additional-context/v1";

/// What lists are made of.
#[derive(Clone, Copy, Debug)]
pub struct Tree<'a> {
    /// The keys, in the order in which documents list them.
    pub keys: &'a [ListedKey],
    /// Other publishers' lists.
    pub issuers: &'a [ListedIssuer],
}

impl Tree<'_> {
    /// The documents of a version 1 list.
    ///
    /// # Errors
    ///
    /// When the list's DID is no `did:web`.
    pub fn version_1(&self, list: &Version1) -> Result<Vec<Document>, WriteError> {
        let signers: Vec<(&ListedKey, Jwk)> = self
            .keys
            .iter()
            .filter(|key| !key.usage.is_authority())
            .map(|key| Ok((key, version_1_jwk(key, list.form)?)))
            .collect::<Result<_, WriteError>>()?;
        let write = |id: String, of: Option<&ListCode>| {
            let wanted = |code: &ListCode| of.is_none_or(|of| of == code);
            let mut seen = HashSet::new();
            let keys =
                signers.iter().filter(|(key, _)| wanted(&key.code)).filter_map(|(key, jwk)| {
                    let controller = format!("{}:{}", list.did, key.code.to_lower());
                    let id = format!("{controller}#{}", key.kid);
                    seen.insert(id.clone()).then(|| {
                        let r#type = "JsonWebKey2020";
                        Method::Key(Box::new(KeyMethod {
                            id,
                            r#type,
                            controller,
                            jwk,
                            facts: None,
                        }))
                    })
                });
            let mut methods: Vec<Method<'_>> = keys.collect();
            let dids = self.issuers.iter().filter(|issuer| wanted(&issuer.code));
            // The reference repeats a DID that several rows name.
            let dids = references(dids, list.form == Form::Reference);
            methods.extend(dids.into_iter().map(Method::Reference));
            let controller = id.clone();
            Document::write(1, &DID_CONTEXTS, id, &controller, &methods)
        };
        let mut documents = vec![write(list.did.clone(), None)?];
        for code in &list.participants {
            documents.push(write(format!("{}:{}", list.did, code.to_lower()), Some(code))?);
        }
        Ok(documents)
    }

    /// The documents of a version 2 list: the tree with the keys, then the one with references.
    ///
    /// # Errors
    ///
    /// When the list's DID is no `did:web`.
    pub fn version_2(&self, list: &Version2) -> Result<Vec<Document>, WriteError> {
        let jwks: Vec<Jwk> =
            self.keys.iter().map(|key| version_2_jwk(key, list.form)).collect::<Result<_, _>>()?;
        let mut places: BTreeMap<Place, Vec<usize>> = BTreeMap::new();
        places.insert(Place::default(), Vec::new());
        for (index, key) in self.keys.iter().enumerate() {
            for place in Place::all_of(key) {
                places.entry(place).or_default().push(index);
            }
        }
        for issuer in self.issuers {
            for place in Place::of_issuer(issuer) {
                places.entry(place).or_default();
            }
        }
        let contexts = [
            DID_CONTEXTS[0],
            DID_CONTEXTS[1],
            match list.members {
                CodedMembers::Objects => list.environment.context(),
                CodedMembers::Texts => EMPTY_CONTEXT,
            },
        ];
        let embedded = format!("{}:trustlist", list.did);
        let referring = format!("{}:trustlist-ref", list.did);
        let mut documents = Vec::with_capacity(2 * places.len());
        for (place, indices) in &places {
            let controller = place.controller().did(&embedded);
            let mut seen = HashSet::new();
            let methods: Vec<Method<'_>> = indices
                .iter()
                .filter_map(|index| Some((self.keys.get(*index)?, jwks.get(*index)?)))
                .filter_map(|(key, jwk)| {
                    let id = place.entry_id(&embedded, key);
                    // One certificate in two domains is one entry where no domain is told apart.
                    seen.insert(id.clone()).then(|| {
                        Method::Key(Box::new(KeyMethod {
                            id,
                            r#type: "JsonWebKey2020",
                            controller: controller.clone(),
                            jwk,
                            facts: Some(facts(key, list.members)),
                        }))
                    })
                })
                .collect();
            documents.push(Document::write(
                2,
                &contexts,
                place.did(&embedded),
                &controller,
                &methods,
            )?);
        }
        for place in places.keys() {
            let mut methods: Vec<Method<'_>> = match place.0.len() {
                3 => vec![Method::Reference(place.did(&embedded))],
                _ => places
                    .keys()
                    .filter(|other| other.is_child_of(place))
                    .map(|child| Method::Reference(child.did(&referring)))
                    .collect(),
            };
            let dids = self.issuers.iter().filter(|issuer| place.refers_to(issuer));
            methods.extend(references(dids, false).into_iter().map(Method::Reference));
            let controller = place.controller().did(&referring);
            documents.push(Document::write(
                2,
                &contexts,
                place.did(&referring),
                &controller,
                &methods,
            )?);
        }
        Ok(documents)
    }
}

fn version_1_jwk(key: &ListedKey, form: Form) -> Result<Jwk, WriteError> {
    let issuers = match form {
        Form::Standard => key.issuers.as_slice(),
        // One authority at the most, and never one of a DESC.
        Form::Reference if key.usage == KeyUsage::Dsc => key.issuers.get(..1).unwrap_or_default(),
        Form::Reference => &[],
    };
    Jwk::of_certificate(&key.certificate, issuers, None, form, Padding::Version1)
        .map_err(|error| WriteError::Key { kid: key.kid.clone(), error })
}

fn version_2_jwk(key: &ListedKey, form: Form) -> Result<Jwk, WriteError> {
    Jwk::of_certificate(&key.certificate, &key.issuers, Some(&key.kid), form, Padding::Never)
        .map_err(|error| WriteError::Key { kid: key.kid.clone(), error })
}

fn facts(key: &ListedKey, members: CodedMembers) -> Facts {
    let coded = |code: &str| match members {
        CodedMembers::Objects => Coded::Object { code: format!("#{code}") },
        CodedMembers::Texts => Coded::Text(code.to_owned()),
    };
    Facts {
        domain: coded(key.domain.as_str()),
        participant: coded(key.code.as_str()),
        // The group's name, where paths have the usage's.
        keyusage: coded(key.usage.gateway_group()),
    }
}

fn references<'i>(
    issuers: impl Iterator<Item = &'i ListedIssuer>,
    with_doubles: bool,
) -> Vec<String> {
    let mut seen = HashSet::new();
    issuers
        .filter(|issuer| seen.insert(issuer.did.as_str()) || with_doubles)
        .map(|issuer| issuer.did.clone())
        .collect()
}

/// The place of a document below the root: domain, participant, usage; `-` stands for all.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Place(Vec<String>);

const ALL: &str = "-";

impl Place {
    fn new(segments: &[&str]) -> Self {
        Self(segments.iter().map(|&segment| segment.to_owned()).collect())
    }

    /// Every document that lists this key.
    fn all_of(key: &ListedKey) -> Vec<Self> {
        let (domain, code, usage) = (key.domain.as_str(), key.code.as_str(), key.usage.as_str());
        let mut places = vec![Self::default()];
        for domain in [domain, ALL] {
            places.push(Self::new(&[domain]));
            for code in [code, ALL] {
                places.push(Self::new(&[domain, code]));
                places.push(Self::new(&[domain, code, usage]));
            }
        }
        places
    }

    /// The documents that there are because of an issuer, and that hold no key of it.
    fn of_issuer(issuer: &ListedIssuer) -> [Self; 4] {
        let (domain, code) = (issuer.domain.as_str(), issuer.code.as_str());
        [
            Self::new(&[domain]),
            Self::new(&[ALL]),
            Self::new(&[domain, code]),
            Self::new(&[ALL, code]),
        ]
    }

    /// The parent's place; the first level has the root as its own.
    fn controller(&self) -> Self {
        match self.0.split_last() {
            Some((_, parent)) => Self(parent.to_vec()),
            None => Self::default(),
        }
    }

    fn did(&self, list: &str) -> String {
        self.0.iter().fold(list.to_owned(), |did, segment| did + ":" + segment)
    }

    fn is_child_of(&self, parent: &Self) -> bool {
        self.0.split_last().is_some_and(|(_, above)| above == parent.0)
    }

    /// The document's own segments, then those of the key that lie beyond them.
    fn entry_id(&self, list: &str, key: &ListedKey) -> String {
        let facts = [key.domain.as_str(), key.code.as_str(), key.usage.as_str()];
        let beyond = facts.iter().skip(self.0.len());
        let did = beyond.fold(self.did(list), |did, segment| did + ":" + segment);
        format!("{did}#{}", key.kid)
    }

    /// Whether the document of references names this issuer's list.
    fn refers_to(&self, issuer: &ListedIssuer) -> bool {
        let (domain, code) = (issuer.domain.as_str(), issuer.code.as_str());
        match self.0.as_slice() {
            [] => true,
            [of] => of == domain,
            [of, whose] => (of == domain || of == ALL) && whose == code,
            _ => false,
        }
    }
}
