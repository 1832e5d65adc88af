//! Correct programs and wrong ones side by side, each explored under every interleaving: how many executions there are
//! exactly, and what is found in them.

mod gallery;
