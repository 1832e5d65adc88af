//! Data that a server keeps.

use super::Manager;
use super::served::{Plain, Served, Shown};
use crate::base::{Name, ObjectKind};
use crate::python::Error;
use crate::python::bits::{bits, width};
use std::collections::BTreeMap;
use std::fmt;
use std::panic::Location;

/// `manager.Value`: reading and writing it are one step each, and there is no lock. A clone is a proxy of the same value.
pub struct ValueProxy<T>(Served<T>);

/// `manager.list`: every call is one step. A clone is a proxy of the same list.
pub struct ListProxy<T>(Served<Vec<T>>);

/// `manager.dict`: every call is one step. A clone is a proxy of the same dictionary. Keys are kept in their order.
pub struct DictProxy<K, T>(Served<BTreeMap<K, T>>);

/// `manager.Namespace`: attributes, each read and written in one step. A clone is a proxy of the same namespace.
pub struct Namespace<T>(Served<BTreeMap<&'static str, T>>);

impl Manager {
    /// `manager.Value(typecode, value)`
    ///
    /// # Errors
    ///
    /// `AssertionError: server not yet started` after the shutdown.
    #[track_caller]
    pub fn value<T: Clone + fmt::Debug + 'static>(&self, value: T) -> Result<ValueProxy<T>, Error> {
        self.value_named("", value)
    }

    /// The same under a name, for traces.
    ///
    /// # Errors
    ///
    /// As [`value`](Manager::value).
    #[track_caller]
    pub fn value_named<T: Clone + fmt::Debug + 'static>(
        &self,
        name: &'static str,
        value: T,
    ) -> Result<ValueProxy<T>, Error> {
        Ok(ValueProxy(Served::new(self, ObjectKind::Served(width::<T>()), Name::new(name), value)?))
    }

    /// `manager.list(items)`
    ///
    /// # Errors
    ///
    /// As [`value`](Manager::value).
    #[track_caller]
    pub fn list<T>(
        &self,
        name: &'static str,
        items: impl IntoIterator<Item = T>,
    ) -> Result<ListProxy<T>, Error> {
        let items = items.into_iter().collect();
        Ok(ListProxy(Served::new(self, ObjectKind::Served(None), Name::new(name), items)?))
    }

    /// `manager.dict()`
    ///
    /// # Errors
    ///
    /// As [`value`](Manager::value).
    #[track_caller]
    pub fn dict<K: Ord, T>(&self, name: &'static str) -> Result<DictProxy<K, T>, Error> {
        Ok(DictProxy(Served::new(self, ObjectKind::Served(None), Name::new(name), BTreeMap::new())?))
    }

    /// `manager.Namespace()`
    ///
    /// # Errors
    ///
    /// As [`value`](Manager::value).
    #[track_caller]
    pub fn namespace<T>(&self, name: &'static str) -> Result<Namespace<T>, Error> {
        Ok(Namespace(Served::new(self, ObjectKind::Served(None), Name::new(name), BTreeMap::new())?))
    }
}

impl<T: Clone + fmt::Debug + 'static> ValueProxy<T> {
    /// `.value`, `get()`
    ///
    /// # Errors
    ///
    /// `BrokenPipeError` after the manager's shutdown.
    #[track_caller]
    pub fn get(&self) -> Result<T, Error> {
        Ok(self.0.read(Location::caller(), |value| Plain(value.clone()))?.0)
    }

    /// `.value = …`, `set(…)`
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    #[track_caller]
    pub fn set(&self, new: T) -> Result<(), Error> {
        let (number, shown) = (bits(&new), new.clone());
        self.0.change(Location::caller(), (number, || format!("{shown:?}")), |value| *value = new)
    }
}

impl<T: Clone + fmt::Debug + 'static> ListProxy<T> {
    /// `list[index]`
    ///
    /// # Errors
    ///
    /// `IndexError: list index out of range`; `BrokenPipeError` after the manager's shutdown.
    #[track_caller]
    pub fn get(&self, index: usize) -> Result<T, Error> {
        let item = self.0.read(Location::caller(), |list| Shown(list.get(index).cloned()))?.0;
        item.ok_or_else(|| out_of_range("list index out of range"))
    }

    /// `list[index] = item`
    ///
    /// # Errors
    ///
    /// `IndexError: list assignment index out of range`; as [`get`](Self::get).
    #[track_caller]
    pub fn set(&self, index: usize, item: T) -> Result<(), Error> {
        let shown = item.clone();
        let change = |list: &mut Vec<T>| list.get_mut(index).map(|place| *place = item);
        let done = self.0.change(Location::caller(), (None, || format!("[{index}] {shown:?}")), change)?;
        done.ok_or_else(|| out_of_range("list assignment index out of range"))
    }

    /// `list.append(item)`
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    #[track_caller]
    pub fn append(&self, item: T) -> Result<(), Error> {
        let shown = item.clone();
        self.0.change(Location::caller(), (None, || format!("append {shown:?}")), |list| list.push(item))
    }

    /// `list.pop()`: takes the last item.
    ///
    /// # Errors
    ///
    /// `IndexError: pop from empty list`; as [`get`](Self::get).
    #[track_caller]
    pub fn pop(&self) -> Result<T, Error> {
        let item = self.0.change(Location::caller(), (None, || "pop".to_owned()), Vec::pop)?;
        item.ok_or_else(|| out_of_range("pop from empty list"))
    }

    /// `len(list)`
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    #[track_caller]
    pub fn len(&self) -> Result<usize, Error> {
        Ok(self.0.read(Location::caller(), |list| Shown(list.len()))?.0)
    }

    /// Whether it has no items.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    #[track_caller]
    pub fn is_empty(&self) -> Result<bool, Error> {
        Ok(self.0.read(Location::caller(), |list| Shown(list.is_empty()))?.0)
    }

    /// `list[:]`: a copy of all items.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    #[track_caller]
    pub fn copy(&self) -> Result<Vec<T>, Error> {
        Ok(self.0.read(Location::caller(), |list| Shown(list.clone()))?.0)
    }
}

impl<K: Ord + Clone + fmt::Debug, T: Clone + fmt::Debug> DictProxy<K, T> {
    /// `dict.get(key)`: `None` when there is none.
    ///
    /// # Errors
    ///
    /// `BrokenPipeError` after the manager's shutdown.
    #[track_caller]
    pub fn get(&self, key: &K) -> Result<Option<T>, Error> {
        Ok(self.0.read(Location::caller(), |dict| Shown(dict.get(key).cloned()))?.0)
    }

    /// `dict[key]`
    ///
    /// # Errors
    ///
    /// `KeyError` with the key when there is none; as [`get`](Self::get).
    #[track_caller]
    pub fn at(&self, key: &K) -> Result<T, Error> {
        let item = self.0.read(Location::caller(), |dict| Shown(dict.get(key).cloned()))?.0;
        item.ok_or_else(|| Error::KeyError(quoted(key)))
    }

    /// `dict[key] = item`
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    #[track_caller]
    pub fn set(&self, key: K, item: T) -> Result<(), Error> {
        let shown = (key.clone(), item.clone());
        let said = || format!("[{:?}] {:?}", shown.0, shown.1);
        self.0.change(Location::caller(), (None, said), |dict| drop(dict.insert(key, item)))
    }

    /// `del dict[key]`
    ///
    /// # Errors
    ///
    /// As [`at`](Self::at).
    #[track_caller]
    pub fn remove(&self, key: &K) -> Result<T, Error> {
        let said = || format!("without {key:?}");
        let item = self.0.change(Location::caller(), (None, said), |dict| dict.remove(key))?;
        item.ok_or_else(|| Error::KeyError(quoted(key)))
    }

    /// `len(dict)`
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    #[track_caller]
    pub fn len(&self) -> Result<usize, Error> {
        Ok(self.0.read(Location::caller(), |dict| Shown(dict.len()))?.0)
    }

    /// Whether it has no items.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    #[track_caller]
    pub fn is_empty(&self) -> Result<bool, Error> {
        Ok(self.0.read(Location::caller(), |dict| Shown(dict.is_empty()))?.0)
    }

    /// `dict.copy()`
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    #[track_caller]
    pub fn copy(&self) -> Result<BTreeMap<K, T>, Error> {
        Ok(self.0.read(Location::caller(), |dict| Shown(dict.clone()))?.0)
    }
}

impl<T: Clone + fmt::Debug> Namespace<T> {
    /// `namespace.attribute`
    ///
    /// # Errors
    ///
    /// `AttributeError: 'Namespace' object has no attribute …`; `BrokenPipeError` after the manager's shutdown.
    #[track_caller]
    pub fn get(&self, attribute: &'static str) -> Result<T, Error> {
        let value = self.0.read(Location::caller(), |all| Shown(all.get(attribute).cloned()))?.0;
        let message = || format!("'Namespace' object has no attribute '{attribute}'");
        value.ok_or_else(|| Error::AttributeError(message()))
    }

    /// `namespace.attribute = value`
    ///
    /// # Errors
    ///
    /// `BrokenPipeError` after the manager's shutdown.
    #[track_caller]
    pub fn set(&self, attribute: &'static str, value: T) -> Result<(), Error> {
        let shown = value.clone();
        let said = || format!("{attribute} {shown:?}");
        self.0.change(Location::caller(), (None, said), |all| drop(all.insert(attribute, value)))
    }
}

fn out_of_range(message: &str) -> Error {
    Error::IndexError(message.to_owned())
}

/// A key as Python shows it: text in single quotes.
fn quoted(key: &impl fmt::Debug) -> String {
    format!("{key:?}").replace('"', "'")
}

impl<T> Clone for ValueProxy<T> {
    fn clone(&self) -> Self {
        ValueProxy(self.0.clone())
    }
}

impl<T> Clone for ListProxy<T> {
    fn clone(&self) -> Self {
        ListProxy(self.0.clone())
    }
}

impl<K, T> Clone for DictProxy<K, T> {
    fn clone(&self) -> Self {
        DictProxy(self.0.clone())
    }
}

impl<T> Clone for Namespace<T> {
    fn clone(&self) -> Self {
        Namespace(self.0.clone())
    }
}

impl<T> fmt::Debug for ValueProxy<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Showing the value would be a step.
        f.debug_struct("ValueProxy").finish_non_exhaustive()
    }
}
