//! The arguments of the attribute: `name`, or `name = value`, with commas between them.

use crate::Mistake;
use crate::setting::{self, Value};
use proc_macro::{Span, TokenStream, TokenTree};

/// The settings with their values as text, as they are handed over.
pub(crate) fn read(arguments: TokenStream) -> Result<Vec<(String, String)>, Mistake> {
    let mut tokens = arguments.into_iter().peekable();
    let mut settings: Vec<(String, String)> = Vec::new();
    while let Some(token) = tokens.next() {
        let TokenTree::Ident(name) = &token else {
            let what =
                format!("`{token}` is no argument: write `name = value`, such as `strategy = \"pct:3\"`");
            return Err(Mistake::new(what, token.span()));
        };
        let (name, at) = (name.to_string(), name.span());
        let equals = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '=');
        let (value, value_at) = match tokens.next_if(equals) {
            None => (Value::None, at),
            Some(sign) => match tokens.next() {
                Some(value) => (read_value(&value), value.span()),
                None => return Err(Mistake::new(format!("`{name}` is given no value"), sign.span())),
            },
        };
        if settings.iter().any(|(other, _)| *other == name) {
            return Err(Mistake::new(format!("`{name}` is given twice"), at));
        }
        let text = setting::check(&name, &value)
            .map_err(|(what, of_value)| Mistake::new(what, if of_value { value_at } else { at }))?;
        settings.push((name, text));
        match tokens.next() {
            Some(TokenTree::Punct(punct)) if punct.as_char() == ',' => {}
            None => {}
            Some(other) => return Err(no_comma(&other, other.span())),
        }
    }
    Ok(settings)
}

fn read_value(token: &TokenTree) -> Value {
    let text = token.to_string();
    match token {
        TokenTree::Literal(_) => match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
            Some(inside) => Value::Text(inside.to_owned()),
            None => Value::Other(text),
        },
        _ => Value::Other(text),
    }
}

fn no_comma(token: &TokenTree, at: Span) -> Mistake {
    Mistake::new(format!("there is no comma before `{token}`"), at)
}
