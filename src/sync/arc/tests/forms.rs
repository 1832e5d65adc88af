//! What pointers are made of, and what else they can be.

use super::{Arc, StdArc, Weak, testing};
use std::borrow::Cow;
use std::ffi::{CStr, CString, OsStr, OsString};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};

/// Runs a model outside an exploration and inside.
fn both(model: fn()) {
    model();
    let trace = testing::run(model);
    assert!(trace.panics.is_empty(), "{:?}", trace.panics);
}

#[test]
fn texts_paths_and_slices_are_taken_borrowed_and_owned() {
    both(|| {
        let (mut text, mut slice) = (String::from("ab"), [1, 2]);
        assert_eq!(&*Arc::<str>::from(text.as_mut_str()), "ab");
        assert_eq!(&*Arc::<str>::from(Cow::Borrowed("ab")), "ab");
        assert_eq!(&*Arc::<[u8]>::from(Cow::Owned(vec![1, 2])), [1, 2]);
        assert_eq!(&*Arc::<[u8]>::from(&mut slice[..]), [1, 2]);
        let mut boxed = CString::from(c"c").into_boxed_c_str();
        let all: [Arc<CStr>; 3] = [Arc::from(c"c"), Arc::from(CString::from(c"c")), Arc::from(&mut *boxed)];
        assert!(all.iter().all(|one| &**one == c"c") && Arc::<CStr>::default().is_empty());
        let (mut os, mut path) = (OsString::from("os"), PathBuf::from("/path"));
        let all: [Arc<OsStr>; 2] = [Arc::from(os.as_os_str()), Arc::from(os.clone())];
        assert!(all.iter().all(|one| **one == os) && *Arc::<OsStr>::from(&mut *os) == *all[0]);
        let all: [Arc<Path>; 2] = [Arc::from(path.as_path()), Arc::from(path.clone())];
        assert!(all.iter().all(|one| **one == path));
        path.push("more");
        assert_eq!(*Arc::<Path>::from(&mut *Box::<Path>::from(path.as_path())), *path);
    });
}

#[test]
fn bytes_of_a_text_and_arrays_of_a_slice_stay_where_they_are() {
    both(|| {
        let text = Arc::named(Arc::<str>::from("abc"), "text");
        let place = text.as_ptr();
        let bytes = Arc::<[u8]>::from(text);
        assert_eq!((bytes.as_ptr(), &*bytes), (place, &b"abc"[..]));
        let slice = <Arc<[u8; 2]>>::try_from(bytes).unwrap_err();
        let array = <Arc<[u8; 3]>>::try_from(slice).unwrap();
        assert_eq!((array.as_ptr(), Arc::strong_count(&array)), (place, 1));
    });
}

#[test]
fn a_value_is_written_after_its_allocation_was_made() {
    both(|| {
        let mut one = Arc::<String>::new_uninit();
        Arc::get_mut(&mut one).unwrap().write("one".into());
        // SAFETY: it has just been written.
        let one = unsafe { one.assume_init() };
        let mut two: Arc<[MaybeUninit<String>]> = Arc::<[String]>::new_uninit_slice(2);
        for (number, value) in Arc::get_mut(&mut two).unwrap().iter_mut().enumerate() {
            value.write(number.to_string());
        }
        // SAFETY: both have just been written.
        let two = unsafe { two.assume_init() };
        assert_eq!((one.as_str(), two.join(" ").as_str(), Arc::strong_count(&two)), ("one", "0 1", 1));
    });
}

#[test]
fn slices_and_texts_are_copied_when_shared() {
    both(|| {
        let mut ours = Arc::<[String]>::from(["a".into()]);
        let theirs = ours.clone();
        Arc::make_mut(&mut ours)[0].push('b');
        assert_eq!((&*ours[0], &*theirs[0]), ("ab", "a"));
        let place = ours.as_ptr();
        Arc::make_mut(&mut ours)[0].push('c');
        assert_eq!((ours.as_ptr(), &*ours[0]), (place, "abc"));
        let weak = Arc::downgrade(&ours);
        Arc::make_mut(&mut ours)[0].clear();
        assert!(weak.upgrade().is_none() && ours[0].is_empty());
        let mut text = Arc::<str>::from("text");
        let before = text.clone();
        Arc::make_mut(&mut text).make_ascii_uppercase();
        assert_eq!((&*text, &*before), ("TEXT", "text"));
        let (mut path, mut os) = (Arc::<Path>::from(Path::new("p")), Arc::<OsStr>::from(OsStr::new("o")));
        let mut c = Arc::<CStr>::from(c"c");
        let _shared = (path.clone(), os.clone(), c.clone());
        assert_eq!(Arc::make_mut(&mut path), "p");
        assert_eq!(Arc::make_mut(&mut os), "o");
        assert_eq!(Arc::make_mut(&mut c).to_bytes(), b"c");
    });
}

#[test]
fn pointers_to_what_has_no_size_go_bare_and_come_back() {
    both(|| {
        let raw = Arc::into_raw(Arc::<str>::from("bare"));
        // SAFETY: each pointer came from `into_raw` and counts for one.
        unsafe {
            Arc::increment_strong_count(raw);
            Arc::decrement_strong_count(raw);
            assert_eq!((&*Arc::from_raw(raw), raw.is_null()), ("bare", false));
        }
        let strong = Arc::<[u8]>::from([1]);
        let weak = Arc::downgrade(&strong).into_raw();
        // SAFETY: it came from `into_raw`.
        let weak = unsafe { Weak::from_raw(weak) };
        assert_eq!((weak.as_ptr().cast(), weak.upgrade().as_deref()), (strong.as_ptr(), Some(&[1][..])));
    });
}

#[test]
fn weak_pointers_to_traits_are_made_of_stds() {
    trait Shape {
        fn parent(&self) -> Option<Arc<dyn Shape>>;
    }
    struct Part(std::sync::Weak<dyn Shape>);
    impl Shape for Part {
        fn parent(&self) -> Option<Arc<dyn Shape>> {
            Weak::from_std(self.0.clone()).upgrade()
        }
    }
    both(|| {
        let whole = Arc::new_cyclic(|weak: &Weak<Part>| Part(weak.clone().into_std()));
        let parent = whole.parent().unwrap();
        assert!(std::ptr::addr_eq(Arc::as_ptr(&parent), Arc::as_ptr(&whole)));
        assert_eq!((Arc::strong_count(&whole), Arc::weak_count(&whole)), (2, 1));
        let parent: StdArc<dyn Shape> = Arc::into_std(parent);
        drop((Arc::from_std(parent), whole));
        let nothing: std::sync::Weak<dyn Shape> = Weak::<Part>::new().into_std();
        assert!(Weak::from_std(nothing).upgrade().is_none());
    });
}

#[test]
fn a_shared_file_is_read_as_a_file() {
    both(|| {
        let mut file = Arc::new(File::open(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap());
        let mut other = file.clone();
        let (mut all, mut again) = (String::new(), Vec::new());
        let length = file.read_to_string(&mut all).unwrap() as u64;
        // It is one file, and so one place in it.
        assert_eq!(other.stream_position().unwrap(), length);
        assert_eq!(other.seek(SeekFrom::Start(1)).unwrap(), 1);
        let mut first = [0];
        assert_eq!(file.read(&mut first).unwrap() + file.read_to_end(&mut again).unwrap() + 1, all.len());
        assert_eq!([&first[..], &again].concat(), all.as_bytes()[1..]);
        assert!(file.write(b"it is open for reading alone").is_err() && file.flush().is_ok());
    });
}

#[cfg(unix)]
#[test]
fn a_shared_file_has_its_descriptor() {
    use std::os::fd::{AsFd, AsRawFd};
    let file = Arc::new(File::open("/dev/null").unwrap());
    assert_eq!(file.as_fd().as_raw_fd(), (*file).as_raw_fd());
    assert_eq!(AsRawFd::as_raw_fd(&file), (*file).as_raw_fd());
}
