//! The function that the attribute stands on, taken apart.

use crate::Mistake;
use proc_macro::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use std::iter::Peekable;

type Tokens = Peekable<proc_macro::token_stream::IntoIter>;

/// A function without parameters.
pub(crate) struct Function {
    /// `#[ignore]`, documentation and the like.
    pub(crate) attributes: TokenStream,
    pub(crate) visibility: TokenStream,
    pub(crate) name: Ident,
    /// `-> Result<(), Wrong>`, or nothing.
    pub(crate) output: TokenStream,
    pub(crate) body: Group,
}

impl Function {
    pub(crate) fn read(item: TokenStream) -> Result<Self, Mistake> {
        let mut tokens = item.into_iter().peekable();
        let attributes = read_attributes(&mut tokens)?;
        let visibility = read_visibility(&mut tokens);
        let at = match tokens.next() {
            Some(TokenTree::Ident(word)) if word.to_string() == "fn" => word.span(),
            other => return Err(no_plain_function(other.as_ref())),
        };
        let Some(TokenTree::Ident(name)) = tokens.next() else {
            return Err(Mistake::new("this function has no name", at));
        };
        match tokens.next() {
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => {
                if !group.stream().is_empty() {
                    return Err(Mistake::new("a test takes no arguments", group.span()));
                }
            }
            Some(other) => return Err(Mistake::new("a test has no generic parameters", other.span())),
            None => return Err(Mistake::new("this function has no parameters", name.span())),
        }
        let mut output: Vec<TokenTree> = tokens.collect();
        match output.pop() {
            Some(TokenTree::Group(body)) if body.delimiter() == Delimiter::Brace => {
                Ok(Function { attributes, visibility, name, output: output.into_iter().collect(), body })
            }
            _ => Err(Mistake::new("a test has a body", name.span())),
        }
    }
}

fn read_attributes(tokens: &mut Tokens) -> Result<TokenStream, Mistake> {
    let mut attributes = TokenStream::new();
    let hash = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '#');
    while let Some(sign) = tokens.next_if(hash) {
        let Some(TokenTree::Group(group)) = tokens.next() else {
            return Err(Mistake::new("this is no attribute", sign.span()));
        };
        if group.stream().to_string() == "test" {
            return Err(Mistake::new("it is a test already: leave `#[test]` out", group.span()));
        }
        attributes.extend([sign, TokenTree::Group(group)]);
    }
    Ok(attributes)
}

fn read_visibility(tokens: &mut Tokens) -> TokenStream {
    let mut visibility = TokenStream::new();
    let public = |token: &TokenTree| matches!(token, TokenTree::Ident(word) if word.to_string() == "pub");
    if let Some(word) = tokens.next_if(public) {
        visibility.extend([word]);
        let path = |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis);
        visibility.extend(tokens.next_if(path));
    }
    visibility
}

/// What stands where `fn` should.
fn no_plain_function(token: Option<&TokenTree>) -> Mistake {
    let at = token.map_or_else(Span::call_site, TokenTree::span);
    match token.map(ToString::to_string).as_deref() {
        Some(word @ ("async" | "const" | "unsafe" | "extern")) => {
            Mistake::new(format!("a test is a plain function, without `{word}`"), at)
        }
        _ => Mistake::new("`#[selvedge::test]` stands on a function", at),
    }
}
