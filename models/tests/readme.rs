//! What the README shows is what the tool says. To rewrite it:
//! `UPDATE_README=1 cargo test -p models --test readme --test logs -- --test-threads=1`.

mod shared;

use shared::{check, said};

#[test]
fn the_report_is_a_real_one() {
    let report = said(&["explore", "bounded_queue"]);
    check("report", &format!("```text\n{}\n```", report.trim_end()));
}

#[test]
fn the_table_of_programs_is_what_comes_out() {
    let gallery = said(&[]);
    let (rows, wrong) = gallery.split_once("what is wrong").expect("what is wrong follows");
    let line = |text: &'_ str, name: &str| {
        let found = text.lines().find(|line| line.split_whitespace().next() == Some(name));
        found.map(|line| line[name.len()..].trim().to_owned())
    };
    let mut tables = String::new();
    for (number, about) in models::DOCUMENTS {
        tables.push_str(&format!("**{number}: {about}**\n\n"));
        tables.push_str(
            "| program | what the document says | what comes out | executions |\n|---|---|---|---|\n",
        );
        for program in models::programs().iter().filter(|p| p.document_number() == *number) {
            let row = line(rows, program.name).expect("a row for each program");
            let cells: Vec<&str> = row.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
            let [verdict, executions, _time] = cells[..] else { panic!("a row of four: {cells:?}") };
            let sizes = program.parameters.iter().map(|p| format!(" {}={}", p.name, p.default));
            let size = sizes.collect::<String>();
            let found = line(wrong, program.name).map(|sentence| format!(": {sentence}")).unwrap_or_default();
            tables.push_str(&format!(
                "| `{}`{size} | {} | {verdict}{found} | {executions} |\n",
                program.name, program.claim
            ));
        }
        tables.push('\n');
    }
    check("programs", tables.trim_end());
}
