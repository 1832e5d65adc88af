//! What a model prints, in a few plain words: `prints "hello"`, `ends its line`.

use super::phrase::Scene;
use crate::base::OutputAction;

/// A write in words. A text with the end of its line reads as one without; an end of a line alone says so.
pub(super) fn printed(action: OutputAction, scene: &Scene<'_>) -> String {
    let (OutputAction::Write(text) | OutputAction::WriteUnobserved(text)) = action else {
        return "is the end of the program".into();
    };
    match scene.trace.texts.get(text) {
        "\n" => "ends its line".into(),
        text => format!("prints {:?}", text.strip_suffix('\n').unwrap_or(text)),
    }
}
