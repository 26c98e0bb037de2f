//! The front page in Korean, the language of the post whose claims are tested.

use analysis::bar::Outcome;
use analysis::claims::{Finding, Judgement, Verdict, Work};
use analysis::contestant::Id;
use analysis::repeat::{Moved, Repeat};
use analysis::walls::{Ceiling, Resource, Wall, resource_of};

use crate::format;
use crate::text::front::{Facts, FrontWords};
use crate::text::{Text, limits, names, say};

/// Korean.
#[derive(Clone, Copy, Debug)]
pub struct Korean;

impl FrontWords for Korean {
    fn intro(&self) -> Text {
        say(
            "Rust에서 기다리는 작업 하나가 OS 스레드, 콜백, 비동기 작업일 때 각각 얼마나 드는지 잽니다: 바이트, \
             CPU, 지연. 모든 모델이 같은 작업을 하고, 그 일을 했음을 증명하며, 프로세스 바깥에서 **커널 메모리까지 \
             포함해** 잽니다.",
            &[],
        )
    }

    fn contestant(&self, id: &Id) -> String {
        match id.as_str() {
            "subroutine/sequential" => "서브루틴".into(),
            "threads/per-task" => "작업마다 스레드".into(),
            "threads/crossbeam-pool" => "crossbeam 풀".into(),
            "threads/rayon-pool" => "rayon 풀".into(),
            "callbacks/event-loop" => "이벤트 루프".into(),
            _ => names::contestant(id),
        }
    }

    fn verdict(&self, judgement: &Judgement, facts: Option<&Facts<'_>>) -> Vec<Text> {
        let claim = "“코루틴은 스레드보다 가볍다”";
        let from = facts.and_then(|facts| facts.from);
        let with = |sentence: &str| say(sentence, &[("claim", claim)]);
        let first = match (&judgement.verdict, from) {
            (Verdict::Refuted, _) => with("**{claim}: 아니요. 이 기록에서는 그렇지 않습니다.**"),
            (Verdict::NotMeasured(_), _) => with("**{claim}: 이 기록으로는 알 수 없습니다.**"),
            (_, Some((1, 1))) => with(
                "**{claim}: 예, 기다리는 작업이 몇 개든 그렇습니다. 얼마나 가벼운지는 작업마다 그 밖에 무엇을 쥐고 \
                 있는지에 달려 있습니다.**",
            ),
            (_, Some((least, most))) => {
                let from = if least == most {
                    format!("{}개", format::count(most))
                } else {
                    format!("{}~{}개(런타임마다 다름)", format::count(least), format::count(most))
                };
                say(
                    "**{claim}: 예, 기다리는 작업이 {from} 이상이면 그렇습니다. 얼마나 가벼운지는 작업마다 그 밖에 \
                     무엇을 쥐고 있는지에 달려 있습니다.**",
                    &[("claim", claim), ("from", &from)],
                )
            }
            (_, None) => with("**{claim}: 예, 다만 예외가 있습니다.**"),
        };
        let mut said = vec![first];
        if let Some(facts) = facts {
            said.extend(figures(facts));
            said.extend(exceptions(facts));
        }
        said
    }

    fn takes(&self) -> (Text, [&'static str; 6]) {
        let columns = ["", "타이머", "+ 상태 8 KiB", "열린 요청", "대기당 CPU", "요청당 CPU"];
        ("기다리는 작업이 하나 늘 때마다 드는 것".into(), columns)
    }

    fn no_figure(&self) -> Text {
        "이 기록에서는 재지 않음".into()
    }

    fn one_at_a_time(&self) -> Text {
        "서브루틴은 한 번에 하나만 기다립니다. 그 옆에서 함께 기다리는 것은 없습니다.".into()
    }

    fn discontinued(&self) -> Text {
        say(
            "async-std는 개발이 중단되었습니다: [옮길 가치가 있을까요?](docs:choosing.md#already-on-async-std)",
            &[],
        )
    }

    fn repeats(&self, repeat: Option<&Repeat>) -> Text {
        let why = say("([어떻게 알 수 있는지](page:trust)).", &[]);
        let Some(repeat) = repeat else {
            return Text::plain("견줄 두 번째 실행이 없습니다").and(why);
        };
        let parts = [
            ("바이트", &repeat.bytes),
            ("CPU", &repeat.cpu),
            ("지연", &repeat.lateness),
            ("처리율", &repeat.rates),
        ];
        let within = |what: &str, moved: &Moved| {
            Some(format!("{what} {} 이내", format::percent(moved.within?)))
        };
        let said: Vec<String> =
            parts.iter().filter_map(|(what, moved)| within(what, moved)).collect();
        if said.is_empty() {
            return Text::plain("두 번째 실행과 공통된 수치가 없습니다").and(why);
        }
        let missed: Vec<String> = parts
            .iter()
            .filter_map(|(what, moved)| {
                let bar = moved.bar.filter(|bar| bar.outcome == Outcome::Missed)?;
                Some(format!(
                    "{what}는 {} 이내여야 했으나 수치 {}개 가운데 {}개가 벗어남",
                    format::percent(bar.allowed),
                    format::count(moved.compared as u64),
                    format::count(bar.beyond as u64)
                ))
            })
            .collect();
        let mut text = say(
            "같은 프로그램을 다시 돌리자 수치 100개 가운데 95개가 이 안에 들었습니다: {said}.",
            &[("said", &said.join(", "))],
        );
        if !missed.is_empty() {
            text = text.and(say("지키지 못한 기준: {missed}", &[("missed", &missed.join("; "))]));
        }
        text.and(why)
    }

    fn breaks(&self) -> (Text, [&'static str; 3]) {
        ("무엇이 먼저 한계에 닿는가".into(), ["", "여기서 도달", "그다음"])
    }

    fn reached(&self, id: &Id, work: Work) -> Text {
        let name = self.contestant(id);
        match work {
            Work::Timer => say("{name}, 타이머", &[("name", &name)]),
            Work::Request => say("{name}, 열린 요청", &[("name", &name)]),
        }
    }

    fn wall(&self, wall: &Wall, next: Option<&Ceiling>) -> Text {
        let limit = limits::with_value(&wall.limit.name, wall.limit.value);
        let limit = match wall.per_task {
            Some(each) => format!("{limit}, {}", per_task(&wall.limit.name, each as f64)),
            None => limit,
        };
        match next {
            None => Text::plain(limit),
            Some(next) => Text::plain(format!("{limit}; 그다음은 {}", ceiling(next))),
        }
    }

    fn no_wall(&self, next: Option<&Ceiling>) -> Text {
        match next {
            None => "아직 끝이 아님".into(),
            Some(next) => Text::plain(format!("아직 끝이 아님; {}", ceiling(next))),
        }
    }

    fn onwards(&self) -> Text {
        say(
            "**내 경우:** `compare plan --tasks 20k --wait 200ms --state 2KiB` · \
             [고르기](docs:choosing.md) · [질문과 답](page:README) · [주장](page:claims) · \
             [모든 수치](page:all) · [믿을 수 있나?](page:trust)",
            &[],
        )
    }
}

fn ceiling(ceiling: &Ceiling) -> String {
    let limit = limits::with_value(&ceiling.limit, ceiling.value);
    format!("{limit}, {}", per_task(&ceiling.limit, ceiling.per_task))
}

/// How much of a limit one task uses.
fn per_task(limit: &str, per_task: f64) -> String {
    let of = |what: &str| format!("작업당 {what} {}개", format::plain(per_task));
    match resource_of(limit) {
        Some(Resource::Mappings) => of("매핑"),
        Some(Resource::Threads) => of("스레드"),
        Some(Resource::Descriptors) => of("열린 파일"),
        Some(Resource::Memory) => format!("작업당 {}", format::bytes(per_task)),
        None => of("단위"),
    }
}

/// The verdict's figures, as far as the record has them.
fn figures(facts: &Facts<'_>) -> Option<Text> {
    let summary = facts.summary;
    let task = Korean.contestant(&summary.coroutine);
    let timer = summary.timer.as_ref()?;
    let times = |compared: Option<&analysis::claims::lighter::Compared>| {
        Some(format!("{}배", format::times(compared?.times?.value)))
    };
    let mut text = say(
        "타이머를 기다리는 {task} 작업은 {ours}, 스레드는 {theirs}로 **{times}**입니다.",
        &[
            ("task", &task),
            ("ours", &format::bytes(timer.coroutine?.value)),
            ("theirs", &format::bytes(timer.thread?.value)),
            ("times", &times(Some(timer))?),
        ],
    );
    if let Some(request) = times(summary.request.as_ref()) {
        text = text
            .and(say("작업마다 HTTP 연결을 열어 두면 **{times}**입니다.", &[("times", &request)]));
    }
    if let Some(state) = times(summary.state.as_ref()) {
        text = text.and(say("작업마다 상태 8 KiB를 쥐면 **{times}**입니다.", &[("times", &state)]));
    }
    if let Some(wait) = times(summary.cpu_wait.as_ref()) {
        text = text
            .and(say("스레드에서 한 번 기다리면 CPU가 **{times}** 듭니다.", &[("times", &wait)]));
    }
    if let Some(asked) = times(summary.cpu_request.as_ref()) {
        text = text.and(say("요청 하나에는 **{times}** 듭니다.", &[("times", &asked)]));
    }
    Some(text)
}

/// Where a thread is as good or better.
fn exceptions(facts: &Facts<'_>) -> Option<Text> {
    let summary = facts.summary;
    let task = Korean.contestant(&summary.coroutine);
    let mut said = Vec::new();
    if summary.one_task.as_ref().is_some_and(|one| one.finding != Finding::Lighter) {
        said.push("작업이 하나일 때".to_owned());
    }
    if let Some((at_once, ours, theirs)) = facts.at_once_is_no_better() {
        said.push(format!(
            "곧바로 답하는 서버에 보내는 요청(요청당 CPU: {} {}, {task} {})",
            Korean.contestant(&at_once.thread),
            format::duration(theirs),
            format::duration(ours),
        ));
    }
    if let Some(punctual) =
        summary.punctual.as_ref().filter(|late| late.finding == Finding::Heavier)
    {
        said.push(format!(
            "{}개까지의 정확한 타이머(스레드는 {} 늦게, {task}는 {} 늦게 깨어남)",
            format::count(punctual.tasks),
            format::duration(punctual.thread[0].median),
            format::duration(punctual.coroutine[0].median),
        ));
    }
    (!said.is_empty()).then(|| {
        say("**스레드가 그에 못지않거나 더 나은 경우:** {said}.", &[("said", &said.join("; "))])
    })
}
