// SPDX-License-Identifier: Apache-2.0
//! A flat encoding that is read in place: strings are borrowed from the buffer, lists are walked, nothing is
//! allocated. Both ends are built together from this file, so there is no version and no schema.

use core::ffi::CStr;

/// The buffer ends early or holds a value that its type has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

/// Walks an encoded buffer.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the front of `buffer`.
    #[must_use]
    pub fn new(buffer: &'a [u8]) -> Self {
        Reader { rest: buffer }
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(Malformed)?;
        self.rest = rest;
        Ok(taken)
    }
}

/// Something that both ends can write and read.
pub trait Wire<'a>: Sized {
    /// Reads one value.
    ///
    /// # Errors
    /// When the buffer does not hold one.
    fn get(reader: &mut Reader<'a>) -> Result<Self, Malformed>;
    /// Appends the value.
    #[cfg(feature = "std")]
    fn put(&self, out: &mut Vec<u8>);
}

macro_rules! number {
    ($($type:ty),*) => {$(
        impl<'a> Wire<'a> for $type {
            fn get(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
                let bytes = reader.take(size_of::<$type>())?;
                Ok(<$type>::from_ne_bytes(bytes.try_into().map_err(|_| Malformed)?))
            }
            #[cfg(feature = "std")]
            fn put(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_ne_bytes());
            }
        }
    )*};
}
number!(u8, u16, u32, u64, i32, i64);

impl<'a> Wire<'a> for bool {
    fn get(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        Ok(u8::get(reader)? != 0)
    }
    #[cfg(feature = "std")]
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
}

impl<'a> Wire<'a> for &'a [u8] {
    fn get(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let len = u32::get(reader)?;
        reader.take(len as usize)
    }
    #[cfg(feature = "std")]
    fn put(&self, out: &mut Vec<u8>) {
        put_len(self.len(), out);
        out.extend_from_slice(self);
    }
}

/// Ends with its NUL on the wire, so that the kernel can be handed the buffer itself.
impl<'a> Wire<'a> for &'a CStr {
    fn get(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let bytes = <&[u8]>::get(reader)?;
        CStr::from_bytes_with_nul(bytes).map_err(|_| Malformed)
    }
    #[cfg(feature = "std")]
    fn put(&self, out: &mut Vec<u8>) {
        self.to_bytes_with_nul().put(out);
    }
}

impl<'a, T: Wire<'a>> Wire<'a> for Option<T> {
    fn get(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        if bool::get(reader)? { Ok(Some(T::get(reader)?)) } else { Ok(None) }
    }
    #[cfg(feature = "std")]
    fn put(&self, out: &mut Vec<u8>) {
        self.is_some().put(out);
        if let Some(value) = self {
            value.put(out);
        }
    }
}

/// A list: a slice where it is written, a piece of the buffer where it is read.
#[derive(Debug, Clone, Copy)]
pub enum List<'a, T> {
    /// The writer's side.
    Items(&'a [T]),
    /// The reader's side: so many values, encoded.
    Encoded(u32, Reader<'a>),
}

impl<T> Default for List<'_, T> {
    fn default() -> Self {
        List::Items(&[])
    }
}

impl<'a, T: Wire<'a> + Copy> List<'a, T> {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            List::Items(items) => items.len(),
            List::Encoded(count, _) => *count as usize,
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Walks the values. They were all read once when the list was, so none is malformed here.
    pub fn iter(&self) -> impl Iterator<Item = T> + use<'a, T> {
        let (items, mut encoded) = match *self {
            List::Items(items) => (items, None),
            List::Encoded(count, reader) => (&[][..], Some((count, reader))),
        };
        let from_wire = core::iter::from_fn(move || {
            let (left, reader) = encoded.as_mut()?;
            *left = left.checked_sub(1)?;
            T::get(reader).ok()
        });
        items.iter().copied().chain(from_wire)
    }
}

impl<'a, T: Wire<'a>> Wire<'a> for List<'a, T> {
    fn get(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let count = u32::get(reader)?;
        let start = *reader;
        for _ in 0..count {
            T::get(reader)?;
        }
        Ok(List::Encoded(count, start))
    }
    #[cfg(feature = "std")]
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            List::Items(items) => {
                put_len(items.len(), out);
                for item in *items {
                    item.put(out);
                }
            }
            // Only tests write what they read.
            List::Encoded(count, reader) => {
                count.put(out);
                let mut reader = *reader;
                for item in (0..*count).map_while(|_| T::get(&mut reader).ok()) {
                    item.put(out);
                }
            }
        }
    }
}

#[cfg(feature = "std")]
fn put_len(len: usize, out: &mut Vec<u8>) {
    u32::try_from(len).expect("no field of a plan reaches 4 GiB").put(out);
}

/// Declares a structure and its encoding, field by field.
macro_rules! wire_struct {
    ($(#[$meta:meta])* pub struct $name:ident $(<$life:lifetime>)? { $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name $(<$life>)? { $($(#[$field_meta])* pub $field: $type,)* }
        wire_struct!(@impl $name $(<$life>)? { $($field: $type,)* });
    };
    (@impl $name:ident <$life:lifetime> { $($field:ident: $type:ty,)* }) => {
        impl<$life> $crate::wire::Wire<$life> for $name<$life> {
            fn get(reader: &mut $crate::wire::Reader<$life>) -> Result<Self, $crate::wire::Malformed> {
                Ok($name { $($field: <$type as $crate::wire::Wire>::get(reader)?,)* })
            }
            #[cfg(feature = "std")]
            fn put(&self, out: &mut Vec<u8>) { $($crate::wire::Wire::put(&self.$field, out);)* }
        }
    };
    (@impl $name:ident { $($field:ident: $type:ty,)* }) => {
        impl<'a> $crate::wire::Wire<'a> for $name {
            fn get(reader: &mut $crate::wire::Reader<'a>) -> Result<Self, $crate::wire::Malformed> {
                Ok($name { $($field: <$type as $crate::wire::Wire>::get(reader)?,)* })
            }
            #[cfg(feature = "std")]
            fn put(&self, out: &mut Vec<u8>) { $($crate::wire::Wire::put(&self.$field, out);)* }
        }
    };
}
pub(crate) use wire_struct;

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_as_they_went() {
        let mut out = Vec::new();
        let names = [c"one", c"", c"three"];
        List::Items(&names).put(&mut out);
        Some(7u64).put(&mut out);
        None::<&[u8]>.put(&mut out);
        true.put(&mut out);
        let mut reader = Reader::new(&out);
        let list = List::<&CStr>::get(&mut reader).unwrap();
        assert_eq!(list.iter().collect::<Vec<_>>(), names);
        let mut again = Vec::new();
        list.put(&mut again);
        assert_eq!(again, out[..again.len()]);
        assert_eq!(Option::<u64>::get(&mut reader), Ok(Some(7)));
        assert_eq!(Option::<&[u8]>::get(&mut reader), Ok(None));
        assert_eq!(bool::get(&mut reader), Ok(true));
        assert_eq!(u8::get(&mut reader), Err(Malformed));
    }

    #[test]
    fn a_truncated_buffer_is_malformed() {
        let mut out = Vec::new();
        List::Items(&[c"some", c"strings"]).put(&mut out);
        for len in 0..out.len() {
            assert!(List::<&CStr>::get(&mut Reader::new(&out[..len])).is_err(), "{len} bytes");
        }
    }
}
