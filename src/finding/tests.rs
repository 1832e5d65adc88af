//! Each finding from a trace written by hand, its whole text as a person sees it.
