// SPDX-License-Identifier: Apache-2.0
//! Lists and string maps of config.json, tolerant of Go's `null`.

use super::text::Text;
use serde::Deserialize;
use std::ops::Deref;

/// A list; `null`, which Go writes for an empty one, is an empty one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Option<Vec<T>>")]
pub struct Items<T>(pub Vec<T>);

impl<T> Default for Items<T> {
    fn default() -> Self {
        Items(Vec::new())
    }
}

impl<T> From<Option<Vec<T>>> for Items<T> {
    fn from(items: Option<Vec<T>>) -> Self {
        Items(items.unwrap_or_default())
    }
}

impl<T> Deref for Items<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

/// An object with strings for keys, in the file's order; `null` is an empty one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pairs<'a>(pub Vec<(Text<'a>, Text<'a>)>);

impl<'a> Deref for Pairs<'a> {
    type Target = [(Text<'a>, Text<'a>)];
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<'a> Pairs<'a> {
    /// The value of a key; of two, the last, as in Go's maps.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.iter().rev().find(|(name, _)| &**name == key).map(|(_, value)| &**value)
    }
}

struct PairsVisitor<'a>(std::marker::PhantomData<&'a ()>);

impl<'de: 'a, 'a> serde::de::Visitor<'de> for PairsVisitor<'a> {
    type Value = Pairs<'a>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object of strings")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Pairs::default())
    }

    fn visit_map<M: serde::de::MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Pairs(pairs))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PairsVisitor(std::marker::PhantomData))
    }
}

impl serde::Serialize for Pairs<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(key, value)| (&**key, &**value)))
    }
}

/// Takes an object alone, or `null` for none. What serde derives would also take a list, with a structure's fields in
/// order, and so an empty list for a structure without any: limits would be gone without a word.
///
/// # Errors
/// For anything else.
pub fn object<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    deserializer.deserialize_any(ObjectVisitor(std::marker::PhantomData))
}

/// The same for a field that is always there.
///
/// # Errors
/// As [`object`].
pub fn object_or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    object(deserializer).map(Option::unwrap_or_default)
}

/// A list of objects, or `null` for an empty one.
///
/// # Errors
/// As [`object`].
pub fn objects<'de, D, T>(deserializer: D) -> Result<Items<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    let list = Option::<Vec<Object<T>>>::deserialize(deserializer)?.unwrap_or_default();
    Ok(Items(list.into_iter().map(|Object(item)| item).collect()))
}

struct ObjectVisitor<T>(std::marker::PhantomData<T>);

impl<'de, T: Deserialize<'de>> serde::de::Visitor<'de> for ObjectVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<M: serde::de::MapAccess<'de>>(self, map: M) -> Result<Self::Value, M::Error> {
        T::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(Some)
    }
}

/// One of a list.
struct Object<T>(T);

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Object<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        object_or_default(deserializer).map(Object)
    }
}
