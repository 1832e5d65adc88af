//! The attribute `#[selvedge::test]`; its documentation is where `selvedge` re-exports it.
//!
//! ```text
//! #[selvedge::test(strategy = "pct:3")]        #[test]
//! #[ignore]                              =>    #[ignore]
//! fn meets() -> Result<(), Wrong> {            fn meets() {
//!     …                                            fn meets() -> Result<(), Wrong> { … }
//! }                                                run(module_path!(), "meets", &[("strategy", "pct:3")], meets)
//!                                              }
//! ```
//!
//! Tokens are read by hand: what is needed of Rust's grammar is little, and so nobody waits for a parser to be compiled.

mod argument;
mod function;
mod setting;

use function::Function;
use proc_macro::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

/// What is wrong, and where.
struct Mistake {
    what: String,
    at: Span,
}

impl Mistake {
    fn new(what: impl Into<String>, at: Span) -> Self {
        Mistake { what: what.into(), at }
    }

    /// `::core::compile_error! { "…" }`, at the place of the mistake.
    fn into_tokens(self) -> TokenStream {
        let mut text = Literal::string(&self.what);
        text.set_span(self.at);
        let mut error = parsed("::core::compile_error!");
        error.extend([TokenTree::from(Group::new(Delimiter::Brace, TokenTree::from(text).into()))]);
        error
            .into_iter()
            .map(|mut token| {
                token.set_span(self.at);
                token
            })
            .collect()
    }
}

/// Makes a test of a function: see `selvedge::test`.
#[proc_macro_attribute]
pub fn test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let settings = argument::read(arguments);
    match (settings, Function::read(item)) {
        (Ok(settings), Ok(function)) => expand(function, &settings),
        (settings, function) => {
            [settings.err(), function.err()].into_iter().flatten().flat_map(Mistake::into_tokens).collect()
        }
    }
}

/// The test: a function of the same name with the one that was written inside, so that a call of itself stays one.
fn expand(function: Function, settings: &[(String, String)]) -> TokenStream {
    let Function { attributes, visibility, name, output, body } = function;
    let empty = || TokenTree::from(Group::new(Delimiter::Parenthesis, TokenStream::new()));
    let mut inside = parsed("fn");
    inside.extend([TokenTree::from(name.clone()), empty()]);
    inside.extend(output);
    inside.extend([TokenTree::from(body)]);
    inside.extend(parsed("::selvedge::explore::attribute::run"));
    inside.extend([TokenTree::from(Group::new(Delimiter::Parenthesis, handed_over(&name, settings)))]);

    let mut test = attributes;
    test.extend(parsed("#[::core::prelude::v1::test]"));
    test.extend(visibility);
    test.extend(parsed("fn"));
    test.extend([TokenTree::from(name), empty(), Group::new(Delimiter::Brace, inside).into()]);
    test
}

/// `::core::module_path!(), "name", &[("setting", "value")], name`
fn handed_over(name: &Ident, settings: &[(String, String)]) -> TokenStream {
    let text = |text: &str| TokenTree::from(Literal::string(text));
    let comma = || TokenTree::from(Punct::new(',', Spacing::Alone));
    let pairs = settings.iter().flat_map(|(setting, value)| {
        let pair = TokenStream::from_iter([text(setting), comma(), text(value)]);
        [TokenTree::from(Group::new(Delimiter::Parenthesis, pair)), comma()]
    });
    let mut tokens = parsed("::core::module_path!(),");
    tokens.extend([text(&name.to_string()), comma(), TokenTree::from(Punct::new('&', Spacing::Alone))]);
    tokens.extend([TokenTree::from(Group::new(Delimiter::Bracket, pairs.collect())), comma()]);
    tokens.extend([TokenTree::from(name.clone())]);
    tokens
}

fn parsed(code: &str) -> TokenStream {
    code.parse().expect("it is Rust")
}
