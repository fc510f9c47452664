//! Reading a message while counting the fields that we do not know.
//!
//! serde either skips unknown fields silently or refuses the message. We want to skip and count,
//! in one pass and without buffering: [`Tolerant`] stands between the JSON reader and a derived
//! `Deserialize`, sees each top-level key, and compares it with the list of fields that the
//! derive hands to `deserialize_struct`.
//!
//! In: a deserializer. Out: the message, and a count in a `Cell`. Fields inside of fields are not
//! counted.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::value::{BorrowedStrDeserializer, CowStrDeserializer};
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, Visitor};

/// A deserializer that counts unknown top-level fields. `kind` is known everywhere.
pub(super) struct Tolerant<'c, D> {
    pub(super) inner: D,
    pub(super) unknown: &'c Cell<u32>,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Tolerant<'_, D> {
    type Error = D::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let wrapped = Watched { inner: visitor, fields, next: 0, unknown: self.unknown };
        self.inner.deserialize_struct(name, fields, wrapped)
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_any(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

struct Watched<'c, T> {
    inner: T,
    fields: &'static [&'static str],
    /// The field that usually comes next: writers follow the order of the list.
    next: usize,
    unknown: &'c Cell<u32>,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Watched<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.inner.visit_map(Watched { inner: map, fields: self.fields, next: 0, unknown: self.unknown })
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Watched<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        let Some(key) = self.inner.next_key_seed(Key)? else { return Ok(None) };
        if self.fields.get(self.next).is_some_and(|next| *next == key) {
            self.next += 1;
        } else if key != "kind" && !self.fields.contains(&&*key) {
            self.unknown.set(self.unknown.get().saturating_add(1));
        }
        match key {
            Cow::Borrowed(text) => seed.deserialize(BorrowedStrDeserializer::new(text)),
            owned @ Cow::Owned(_) => seed.deserialize(CowStrDeserializer::new(owned)),
        }
        .map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.next_value_seed(seed)
    }
}

/// Reads a key without copying it when it has no escapes (`Cow`'s own `Deserialize` always copies).
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }
    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}
