use std::borrow::Cow;

/// A CBOR data item (RFC 8949, 3), borrowed from its input where possible.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'b> {
    /// Major type 0.
    Unsigned(u64),
    /// Major type 1: the value is `-1 - n`.
    Negative(u64),
    /// Major type 2. Chunks of an indefinite-length string are joined.
    Bytes(Cow<'b, [u8]>),
    /// Major type 3. Chunks of an indefinite-length string are joined.
    Text(Cow<'b, str>),
    /// Major type 4.
    Array(Vec<Self>),
    /// Major type 5.
    Map(Map<'b>),
    /// Major type 6.
    Tag(u64, Box<Self>),
    /// `true` or `false`.
    Bool(bool),
    /// `null`
    Null,
    /// `undefined`
    Undefined,
    /// Any other simple value.
    Simple(u8),
    /// A float of any width.
    Float(f64),
}

impl<'b> Value<'b> {
    /// A map of these entries, in this order.
    pub fn map(entries: impl IntoIterator<Item = (Self, Self)>) -> Self {
        Self::Map(entries.into_iter().collect())
    }

    /// The integer, if it is one and fits.
    pub fn as_i64(&self) -> Option<i64> {
        match *self {
            Self::Unsigned(n) => i64::try_from(n).ok(),
            Self::Negative(n) => i64::try_from(n).ok().map(|n| -1 - n),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The byte string, if it is one.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The elements, if it is an array.
    pub fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(elements) => Some(elements),
            _ => None,
        }
    }

    /// The map, if it is one.
    pub fn as_map(&self) -> Option<&Map<'b>> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Whether it is `null` or `undefined`, which issuers write for what is absent.
    pub const fn is_nothing(&self) -> bool {
        matches!(self, Self::Null | Self::Undefined)
    }

    /// The same value, independent of the input.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Unsigned(n) => Value::Unsigned(n),
            Self::Negative(n) => Value::Negative(n),
            Self::Bytes(bytes) => Value::Bytes(Cow::Owned(bytes.into_owned())),
            Self::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Self::Array(elements) => {
                Value::Array(elements.into_iter().map(Self::into_owned).collect())
            }
            Self::Map(map) => Value::Map(Map {
                entries: map
                    .entries
                    .into_iter()
                    .map(|(key, value)| (key.into_owned(), value.into_owned()))
                    .collect(),
                duplicate: map.duplicate,
            }),
            Self::Tag(tag, value) => Value::Tag(tag, Box::new(value.into_owned())),
            Self::Bool(value) => Value::Bool(value),
            Self::Null => Value::Null,
            Self::Undefined => Value::Undefined,
            Self::Simple(value) => Value::Simple(value),
            Self::Float(value) => Value::Float(value),
        }
    }
}

impl From<i64> for Value<'_> {
    fn from(n: i64) -> Self {
        u64::try_from(n).map_or_else(|_| Self::Negative((-1 - n).unsigned_abs()), Self::Unsigned)
    }
}

impl<'b> From<&'b str> for Value<'b> {
    fn from(text: &'b str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl<'b> From<&'b [u8]> for Value<'b> {
    fn from(bytes: &'b [u8]) -> Self {
        Self::Bytes(Cow::Borrowed(bytes))
    }
}

impl From<Vec<u8>> for Value<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(Cow::Owned(bytes))
    }
}

/// A CBOR map with its entries in the order of the input.
#[derive(Clone, Debug, PartialEq)]
pub struct Map<'b> {
    entries: Vec<(Value<'b>, Value<'b>)>,
    duplicate: Option<usize>,
}

impl<'b> Map<'b> {
    pub(super) const fn new(
        entries: Vec<(Value<'b>, Value<'b>)>,
        duplicate: Option<usize>,
    ) -> Self {
        Self { entries, duplicate }
    }

    /// All entries in order.
    pub fn entries(&self) -> &[(Value<'b>, Value<'b>)] {
        &self.entries
    }

    /// The offset of the first key that stands in the map a second time.
    ///
    /// RFC 8949, 5.6 calls such a map invalid; who reads it decides what to do.
    pub const fn duplicate(&self) -> Option<usize> {
        self.duplicate
    }

    /// The value under an integer key; of two, the last.
    pub fn get_int(&self, key: i64) -> Option<&Value<'b>> {
        let key = Value::from(key);
        self.entries.iter().rev().find(|(candidate, _)| *candidate == key).map(|(_, value)| value)
    }

    /// The value under a text key; of two, the last.
    pub fn get(&self, key: &str) -> Option<&Value<'b>> {
        self.entries
            .iter()
            .rev()
            .find(|(candidate, _)| matches!(candidate, Value::Text(text) if text == key))
            .map(|(_, value)| value)
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl<'b> FromIterator<(Value<'b>, Value<'b>)> for Map<'b> {
    fn from_iter<I: IntoIterator<Item = (Value<'b>, Value<'b>)>>(entries: I) -> Self {
        Self { entries: entries.into_iter().collect(), duplicate: None }
    }
}
