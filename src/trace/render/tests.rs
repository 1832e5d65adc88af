//! Renderings, whole, as a person sees them.

use super::*;
