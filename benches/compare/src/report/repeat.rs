//! `repeat.md`: how far the figures moved since the run before.

use super::memory::section;
use super::page_head;
use super::table::{Align, Table};
use crate::repeat::{Comparison, LATENESS_NOTE, NOTE, compare};
use record::Record;

/// The whole page. Run 1 is the run before.
pub(super) fn page(record: &Record, previous: Option<&Record>) -> String {
    let mut text = page_head(
        record,
        "Does it come out the same again?",
        &[
            "The interval of a figure says how far the cells of one run scatter. Whether the same run,".into(),
            "made again, gives the same figure is another question, and only another run answers it.".into(),
        ],
    );
    let Some(previous) = previous else {
        text.push_str(&format!(
            "\nThere is no other run of the same extent on this machine with these versions to hold\n\
             against this one. `{}`, run once more, makes one.\n",
            record.run.extent.command()
        ));
        return text;
    };
    text.push_str(&format!(
        "\nRun 1 is the run before, of {}, whose record is `previous.jsonl`; run 2 is the one that\n\
         all other pages are made of. Machine, versions and extent are the same{}.\n",
        previous.run.started,
        if previous.run.program == record.run.program {
            ", and so is the program"
        } else {
            "; the program was built anew in between"
        }
    ));
    let comparison = compare(&[previous, record]);
    section(&mut text, "What is asked for", &bars(&comparison));
    section(&mut text, "The slopes of both", &comparison.slope_table());
    text.push_str(&format!("\n{NOTE}\n"));
    if !comparison.lateness.is_empty() {
        section(&mut text, "How late tasks were in both", &comparison.lateness_table());
        let words = comparison.lateness_in_words();
        text.push_str(&format!("\n{LATENESS_NOTE}\n\n{}\n", words.trim_end()));
    }
    text
}

fn bars(comparison: &Comparison) -> Table {
    let mut table = Table::new([
        ("Bar", Align::Left),
        ("Verdict", Align::Left),
        ("What was found", Align::Left),
    ]);
    for bar in comparison.bars() {
        table.push(vec![bar.bar.clone(), bar.word().into(), bar.finding]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::synthetic::small_run;

    #[test]
    fn the_same_run_again_is_the_same() {
        let record = small_run();
        let text = page(&record, Some(&record));
        assert!(text.contains("and so is the program"), "{text}");
        assert!(text.contains("| met "), "{text}");
        assert!(!text.contains("| missed "), "{text}");
        assert!(text.contains("## The slopes of both"), "{text}");
    }

    #[test]
    fn a_program_that_was_built_anew_is_said() {
        let record = small_run();
        let mut previous = record.clone();
        previous.run.program = Some("another".into());
        previous.run.started = "2001-02-03T04:05:06Z".into();
        let text = page(&record, Some(&previous));
        assert!(text.contains("built anew in between"), "{text}");
        assert!(text.contains("2001-02-03T04:05:06Z"), "{text}");
    }

    #[test]
    fn without_a_run_before_it_says_how_to_make_one() {
        let text = page(&small_run(), None);
        assert!(text.contains("There is no other run"), "{text}");
        assert!(!text.contains("What is asked for"), "{text}");
    }
}
