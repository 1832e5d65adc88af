//! The size of a program, as named whole numbers.

use super::program::Program;
use super::suggest;
use selvedge::Error;

/// A named whole number that a program asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it counts.
    pub about: &'static str,
    /// Small enough to explore, large enough to show what is wrong.
    pub default: u32,
    /// The value in the document; `None` where that goes on for ever.
    pub document_value: Option<u32>,
    /// The least that makes sense.
    pub minimum: u32,
    /// The most that makes sense.
    pub maximum: u32,
}

/// The most that makes sense of what has a thread each. What is remembered of them grows with the square of their number, so
/// that many more would not find room.
pub const MOST_THREADS: u32 = 1_000;

/// A value for every parameter of a program.
#[derive(Clone, Debug)]
pub struct Parameters {
    program: &'static Program,
    // Invariant: one for each of the program's parameters, in their order, none outside of its bounds.
    values: Vec<u32>,
}

impl Parameters {
    /// The small sizes for exploring.
    #[must_use]
    pub fn new(program: &'static Program) -> Self {
        Parameters { program, values: program.parameters.iter().map(|p| p.default).collect() }
    }

    /// The sizes in the document; where that goes on for ever, the small one.
    #[must_use]
    pub fn document(program: &'static Program) -> Self {
        let value = |p: &Parameter| p.document_value.unwrap_or(p.default);
        Parameters { program, values: program.parameters.iter().map(value).collect() }
    }

    /// The value of the parameter `name`.
    ///
    /// # Panics
    ///
    /// When the program has no such parameter: it asks only for its own.
    #[must_use]
    pub fn get(&self, name: &str) -> u32 {
        let index =
            self.index(name).unwrap_or_else(|| panic!("{} has no parameter {name}", self.program.name));
        self.values[index]
    }

    /// Sets the parameter `name` to the number that `text` says, and returns which it is: `n` stands for how often a thread does
    /// its work.
    ///
    /// # Errors
    ///
    /// When there is no such parameter, or `text` is no whole number, or it is outside of the bounds that make sense.
    pub fn set(&mut self, name: &str, text: &str) -> Result<&'static Parameter, Error> {
        let place = format!("in the parameters of `{}`", self.program.name);
        let Some(index) = self.index(name) else {
            let known: Vec<&str> = self.program.parameters.iter().map(|p| p.name).collect();
            return Err(Error::new(format!("`{name}` is no parameter"), place, suggest::mend(name, &known)));
        };
        let parameter = &self.program.parameters[index];
        let (minimum, maximum) = (parameter.minimum, parameter.maximum);
        match text.parse() {
            Ok(value) if (minimum..=maximum).contains(&value) => {
                self.values[index] = value;
                Ok(parameter)
            }
            _ => {
                let what = format!("`{text}` is no value for `{name}`");
                Err(Error::new(what, place, format!("write a whole number from {minimum} to {maximum}")))
            }
        }
    }

    /// Sets a parameter as the command line writes it: `times=2`.
    ///
    /// # Errors
    ///
    /// As [`set`](Self::set), and when there is no `=`.
    pub fn assign(&mut self, text: &str) -> Result<&'static Parameter, Error> {
        match text.split_once('=') {
            Some((name, value)) => self.set(name.trim(), value.trim()),
            None => {
                let example = self.program.parameters.first().map_or("name", |p| p.name);
                let place = format!("in the parameters of `{}`", self.program.name);
                Err(Error::new(
                    format!("`{text}` sets nothing"),
                    place,
                    format!("write a name and a number, such as `{example}=2`"),
                ))
            }
        }
    }

    /// Every parameter with its value, in the program's order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static Parameter, u32)> {
        self.program.parameters.iter().zip(self.values.iter().copied())
    }

    /// Where the parameter `name` is. `n` stands for how often a thread does its work, whatever the program calls that.
    fn index(&self, name: &str) -> Option<usize> {
        let is = |wanted: &str| self.program.parameters.iter().position(|p| p.name == wanted);
        match name {
            "n" => ["times", "items", "messages", "rounds"].into_iter().find_map(is),
            name => is(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::find;
    use super::*;

    fn parameters() -> Parameters {
        Parameters::new(find("bank_account").unwrap())
    }

    #[test]
    fn starts_small_and_knows_the_documents_sizes() {
        assert_eq!(parameters().get("times"), 1);
        assert_eq!(Parameters::document(find("bank_account").unwrap()).get("times"), 2_500_000);
    }

    #[test]
    fn sets_what_is_asked() {
        let mut parameters = parameters();
        parameters.assign("times = 3").unwrap();
        parameters.set("pairs", "2").unwrap();
        let values: Vec<_> = parameters.iter().map(|(p, value)| (p.name, value)).collect();
        assert_eq!(values, [("pairs", 2), ("times", 3)]);
    }

    #[test]
    fn says_what_is_wrong_where_and_how_to_mend_it() {
        let wrong = |text: &str| parameters().assign(text).unwrap_err().to_string();
        assert_eq!(
            wrong("tims=2"),
            "`tims` is no parameter, in the parameters of `bank_account`: did you mean `times`?"
        );
        let range = "write a whole number from 1 to 4294967295";
        for bad in ["0", "-1", "two", "", "99999999999", "1.5"] {
            assert_eq!(
                wrong(&format!("times={bad}")),
                format!("`{bad}` is no value for `times`, in the parameters of `bank_account`: {range}")
            );
        }
        for bad in ["0", "1001", "4294967295"] {
            assert_eq!(
                wrong(&format!("pairs={bad}")),
                format!(
                    "`{bad}` is no value for `pairs`, in the parameters of `bank_account`: write a whole number from 1 to 1000"
                )
            );
        }
        assert_eq!(
            wrong("times"),
            "`times` sets nothing, in the parameters of `bank_account`: write a name and a number, such as `pairs=2`"
        );
    }
}
