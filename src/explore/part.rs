//! Reports of the parts of one exploration, as files, and what they come to together.

use super::file::{Lines, Origin, field, figures, one_line, read_figures, seal};
use super::report::{Coverage, Found, Report, count, scientific};
use super::shard::Shard;
use crate::base::Error;
use crate::finding::Severity;
use crate::trace::minimise::Size;
use std::fmt;
use std::str::FromStr;

const PLACE: &str = "in the report";

/// The report of a part of an exhaustive search. Its text is what is kept in a file.
///
/// ```
/// use selvedge::explore::{Part, Search, Shard};
/// use selvedge::{Explorer, choose};
///
/// let part = |number| -> Part {
///     let explorer = Explorer::new().search(Search::Exhaustive).shard(Shard { number, of: 2 });
///     let report = explorer.explore(|| drop((choose(9), choose(9)))).unwrap();
///     report.part().unwrap().to_string().parse().unwrap()
/// };
/// let joint = Part::merge(vec![part(1), part(2)]).unwrap();
/// assert!(joint.proved());
/// assert_eq!(joint.verdict(), "proved: all 81 executions were run, in 2 parts");
/// assert!(Part::merge(vec![part(2)]).unwrap_err().to_string().contains("part 1/2 is missing"));
/// ```
#[derive(Clone, Debug)]
pub struct Part {
    origin: Origin,
    /// Its figures; what was found is kept as text.
    report: Report,
    /// Whether nothing of it is left to do.
    whole: bool,
    findings: Vec<Told>,
}

/// A finding, told.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Told {
    /// Failures before warnings, then by kind.
    warning: bool,
    kind: u64,
    /// What tells that two findings are the same.
    signature: String,
    /// How simple it is.
    preemptions: u64,
    steps: u64,
    schedule: String,
    text: String,
}

impl Part {
    pub(super) fn of(report: &Report) -> Option<Self> {
        let origin = report.origin.clone()?;
        let whole = matches!(report.coverage, Coverage::Proved | Coverage::Part(_));
        let findings = report.findings.iter().map(|found| Told::of(report, found)).collect();
        let report = Report { findings: Vec::new(), ..report.clone() };
        Some(Part { origin, report, whole, findings })
    }

    /// Which part it is.
    pub fn shard(&self) -> Shard {
        self.origin.shard
    }

    /// What the parts come to together.
    ///
    /// # Errors
    ///
    /// When they are not of the same model under the same settings, when one is missing, or when one is there twice.
    pub fn merge(mut parts: Vec<Part>) -> Result<Joint, Error> {
        parts.sort_by_key(Part::shard);
        let place = "among the reports";
        let Some(first) = parts.first() else {
            return Err(Error::new("there is none", place, "give those of all parts"));
        };
        let (origin, of) = (first.origin.clone(), first.shard().of);
        let mut next = 1;
        for part in &parts {
            if let Some((what, _)) = origin.difference(&part.origin) {
                return Err(Error::new(what, place, "give those of one model, made with the same options"));
            }
            let shard = part.shard();
            if shard.of != of {
                let what = format!("one is of part {shard} and one of part {}", origin.shard);
                return Err(Error::new(what, place, "give those of one division"));
            }
            if shard.number < next {
                return Err(Error::new(format!("part {shard} is there twice"), place, "give each once"));
            }
            if shard.number > next {
                let what = format!("part {next}/{of} is missing");
                return Err(Error::new(what, place, "give those of all parts"));
            }
            next += 1;
        }
        if next <= of {
            let what = format!("part {next}/{of} is missing");
            return Err(Error::new(what, place, "give those of all parts"));
        }
        Ok(Joint::of(parts))
    }
}

impl Told {
    fn of(report: &Report, found: &Found) -> Self {
        let size = Size::of(&found.trace);
        Told {
            warning: found.finding.severity() == Severity::Warning,
            kind: found.finding.kind() as u64,
            signature: one_line(&found.finding.signature(&found.trace).to_string()),
            preemptions: size.preemptions,
            steps: size.steps,
            schedule: size.schedule,
            text: report.tell(found),
        }
    }

    /// The most important come first, then the simplest.
    fn order(&self) -> impl Ord + use<> {
        let size = (self.preemptions, self.steps, self.schedule.len(), self.schedule.clone());
        (self.warning, self.kind, self.signature.clone(), size)
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::from("selvedge report v1\n");
        self.origin.write(&mut text);
        field(&mut text, "figures", &figures(&self.report));
        field(&mut text, "whole", &self.whole);
        if let Some(estimate) = self.report.estimate {
            field(&mut text, "estimate", &estimate);
        }
        let said = [("doubt", &self.report.doubt), ("divergence", &self.report.divergence)];
        for (word, said) in said.into_iter().filter_map(|(word, said)| Some((word, said.as_ref()?))) {
            field(&mut text, word, &one_line(said));
        }
        for told in &self.findings {
            let Told { warning, kind, preemptions, steps, .. } = told;
            field(&mut text, "finding", &format!("{} {kind} {preemptions} {steps}", u8::from(*warning)));
            field(&mut text, "signature", &told.signature);
            field(&mut text, "schedule", &told.schedule);
            told.text.lines().for_each(|line| field(&mut text, "|", &line));
        }
        seal(&mut text);
        f.write_str(&text)
    }
}

impl FromStr for Part {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut lines = Lines::open(text, "report", PLACE)?;
        let origin = Origin::read(&mut lines)?;
        let mut report = read_figures(&mut lines)?;
        let whole = lines.parse("whole")?;
        let estimate = lines.take_if("estimate").map(str::parse).transpose();
        report.estimate = estimate.map_err(|_| lines.wrong("estimate"))?;
        report.doubt = lines.take_if("doubt").map(str::to_owned);
        report.divergence = lines.take_if("divergence").map(str::to_owned);
        let mut findings = Vec::new();
        while let Some(line) = lines.take_if("finding") {
            let numbers = line.split(' ').map(|number| number.parse().ok()).collect::<Option<Vec<u64>>>();
            let numbers: Option<[u64; 4]> = numbers.and_then(|numbers| numbers.try_into().ok());
            let [warning, kind, preemptions, steps] = numbers.ok_or_else(|| lines.wrong("finding"))?;
            let (signature, schedule) =
                (lines.take("signature")?.to_owned(), lines.take("schedule")?.to_owned());
            let mut words = Vec::new();
            while let Some(line) = lines.take_if("|") {
                words.push(line);
            }
            let (warning, text) = (warning != 0, words.join("\n"));
            findings.push(Told { warning, kind, signature, preemptions, steps, schedule, text });
        }
        lines.close()?;
        Ok(Part { origin, report, whole, findings })
    }
}

/// What the parts of an exploration come to together.
#[derive(Clone, Debug)]
pub struct Joint {
    parts: Vec<Part>,
    executions: u64,
    /// One of each kind, the simplest.
    findings: Vec<Told>,
}

impl Joint {
    fn of(parts: Vec<Part>) -> Self {
        let executions = parts.iter().map(|part| part.report.executions).sum();
        let mut findings: Vec<Told> = parts.iter().flat_map(|part| part.findings.iter().cloned()).collect();
        findings.sort_by_cached_key(Told::order);
        findings.dedup_by(|later, first| later.signature == first.signature);
        Joint { parts, executions, findings }
    }

    /// How many executions were run in all parts.
    pub fn executions(&self) -> u64 {
        self.executions
    }

    /// Whether a test should fail.
    pub fn failed(&self) -> bool {
        self.divergence().is_some() || self.findings.iter().any(|told| !told.warning)
    }

    /// Whether anything was found, warnings included.
    pub fn found(&self) -> bool {
        self.divergence().is_some() || !self.findings.is_empty()
    }

    /// Whether nothing is wrong and all parts were finished.
    pub fn proved(&self) -> bool {
        let sound = |part: &Part| part.whole && part.report.doubt.is_none() && !part.report.counts_seen;
        !self.failed() && self.parts.iter().all(sound)
    }

    fn divergence(&self) -> Option<&str> {
        self.parts.iter().find_map(|part| part.report.divergence.as_deref())
    }

    /// One sentence on how much was seen.
    pub fn verdict(&self) -> String {
        let parts = count(self.parts.len() as u64, "part");
        let executions = count(self.executions, "execution");
        let open: Vec<String> =
            self.parts.iter().filter(|part| !part.whole).map(|part| part.shard().to_string()).collect();
        let fair = self.parts.iter().any(|part| part.report.fairness_assumed);
        if self.proved() {
            let fair = if fair { ", polling loops taken to be fair" } else { "" };
            let proved = if self.found() { "" } else { "proved: " };
            return format!("{proved}all {executions} were run, in {parts}{fair}");
        }
        if open.is_empty() {
            return format!("all {executions} were run, in {parts}");
        }
        let whole = self.parts.iter().map(|part| match part.whole {
            true => Some(part.report.executions as f64),
            false => part.report.estimate,
        });
        let whole =
            whole.sum::<Option<f64>>().map_or(String::new(), |n| format!(" of about {}", scientific(n)));
        format!(
            "{executions}{whole} were run in {parts}, of which {} left unfinished: {}",
            were(open.len()),
            open.join(", ")
        )
    }
}

fn were(count: usize) -> String {
    if count == 1 { "1 was".into() } else { format!("{count} were") }
}

impl fmt::Display for Joint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(divergence) = self.divergence() {
            writeln!(f, "the model does not repeat itself: {divergence}\n")?;
        }
        for told in &self.findings {
            writeln!(f, "{}\n", told.text)?;
        }
        if !self.found() {
            writeln!(f, "nothing wrong was found")?;
        }
        write!(f, "{}", self.verdict())?;
        for part in &self.parts {
            if let Some(doubt) = &part.report.doubt {
                write!(f, "\nno proof: {doubt}")?;
                break;
            }
        }
        if self.parts.iter().any(|part| part.report.counts_seen) {
            write!(
                f,
                "\nno proof: clones and drops of an `Arc` are no choices and the model looks at its count"
            )?;
        }
        Ok(())
    }
}
