//! What two real records say to each claim.

mod common;

use analysis::Analysis;
use analysis::claims::lighter::Compared;
use analysis::claims::{ClaimId, Finding, Verdict};
use common::{RECORDS, read};

/// Records of programs that neither counted their code nor had tasks with several waits.
#[test]
fn the_verdicts_of_two_machines_are_the_same() {
    for name in RECORDS {
        for claimed in Analysis::of(&read(name), None).claims {
            let verdict = claimed.judgement.verdict;
            match claimed.id {
                ClaimId::Many | ClaimId::SyncWaits | ClaimId::Bandwidth => {
                    assert_eq!(verdict, Verdict::Holds, "{name}, {:?}", claimed.id);
                }
                ClaimId::Lighter | ClaimId::ManyHttp | ClaimId::Released => {
                    assert_eq!(verdict, Verdict::HoldsWhen, "{name}, {:?}", claimed.id);
                }
                ClaimId::AsyncOverlaps
                | ClaimId::Resumes
                | ClaimId::Parallel
                | ClaimId::CallbackOrder
                | ClaimId::Readable
                | ClaimId::ThreadsShare => {
                    let is_missing = matches!(verdict, Verdict::NotMeasured(_));
                    assert!(is_missing, "{name}, {:?}: {verdict:?}", claimed.id);
                }
            }
        }
    }
}

#[test]
fn how_much_lighter_tokio_is_came_out_the_same_on_two_machines() {
    for name in RECORDS {
        let summary = Analysis::of(&read(name), None).lighter.unwrap();
        let ids = (summary.coroutine.as_str(), summary.thread.as_str());
        assert_eq!(ids, ("coroutines/tokio", "threads/per-task"));
        let times = |compared: Option<Compared>| compared.unwrap().times.unwrap().value;
        assert!((83.0..84.0).contains(&times(summary.timer)), "{name}");
        assert!((8.5..9.0).contains(&times(summary.request)), "{name}");
        assert_eq!(summary.one_task.unwrap().finding, Finding::Heavier, "{name}");
        // The second record has single timers once each, and requests twice: that decides nothing.
        let is_first = name == RECORDS[0];
        let late = if is_first { Finding::Heavier } else { Finding::Undecided };
        assert_eq!(summary.punctual.unwrap().finding, late, "{name}");
        assert_eq!(summary.at_once.unwrap().thread.as_str(), "threads/crossbeam-pool");
        let from = summary.from.iter().filter_map(|from| from.between);
        assert!(from.clone().all(|(earliest, latest)| earliest <= 2 && latest <= 100));
        assert_eq!(from.count(), if is_first { 12 } else { 6 }, "{name}");
        assert_eq!(summary.from.len(), 12);
    }
}
