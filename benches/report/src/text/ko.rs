//! The front page in Korean, the language of the post whose claims are tested.

use analysis::bar::Outcome;
use analysis::claims::{Finding, Judgement, Verdict, Work};
use analysis::contestant::Id;
use analysis::elsewhere::Language;
use analysis::repeat::{Moved, Repeat};
use analysis::sides::Part;
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
            "Rust에서 작업 하나가 대기하는 데 드는 비용(바이트, CPU, 지연)을 OS 스레드, 콜백, 비동기 작업에서 각각 \
             잽니다. 모든 모델은 똑같은 작업을 하고 그 작업을 마쳤음을 증명하며, 측정은 **커널 메모리까지 포함해** \
             프로세스 밖에서 합니다.",
            &[],
        )
    }

    fn contestant(&self, id: &Id) -> String {
        match id.as_str() {
            "subroutine/sequential" => "서브루틴".into(),
            "threads/per-task" => "작업별 스레드".into(),
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
                "**{claim}: 예, 대기 중인 작업이 몇 개든 그렇습니다. 얼마나 가벼운지는 작업이 그 밖에 무엇을 더 들고 \
                 있는지에 달려 있습니다.**",
            ),
            (_, Some((least, most))) => {
                let from = if least == most {
                    format!("{}개", format::count(most))
                } else {
                    format!(
                        "{}~{}개(런타임에 따라 다름)",
                        format::count(least),
                        format::count(most)
                    )
                };
                say(
                    "**{claim}: 맞습니다. 단, 대기 작업이 {from} 이상일 때입니다. 얼마나 가벼운지는 작업이 그 밖에 \
                     무엇을 더 들고 있는지에 달려 있습니다.**",
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
        ("대기 작업이 하나 늘 때마다 드는 비용".into(), columns)
    }

    fn no_figure(&self) -> Text {
        "이 기록에서는 재지 않았음".into()
    }

    fn one_at_a_time(&self) -> Text {
        "서브루틴은 한 번에 하나씩만 대기하므로 이 표에 없습니다.".into()
    }

    fn discontinued(&self) -> Text {
        say(
            "async-std는 개발이 중단되었습니다: [옮길 가치가 있을까요?](docs:choosing.md#the-service-runs-on-async-std-is-it-worth-leaving)",
            &[],
        )
    }

    fn repeats(&self, repeat: Option<&Repeat>) -> Text {
        let why = say("([확인 방법](page:trust)).", &[]);
        let Some(repeat) = repeat else {
            return Text::plain("비교할 두 번째 실행이 없습니다").and(why);
        };
        let parts = Part::ALL.map(|part| (name_of(part), repeat.part(part)));
        let within = |(what, moved): &(&str, &Moved)| {
            Some(format!("{what} {} 이내", format::percent(moved.within?)))
        };
        let said: Vec<String> = parts.iter().filter_map(within).collect();
        if said.is_empty() {
            return Text::plain("두 번째 실행과 겹치는 수치가 없습니다").and(why);
        }
        let missed = |(what, moved): &(&str, &Moved)| {
            let bar = moved.bar.filter(|bar| bar.outcome == Outcome::Missed)?;
            Some(format!(
                "{what} {} 이내(수치 {}개 중 {}개가 벗어남)",
                format::percent(bar.allowed),
                format::count(moved.compared as u64),
                format::count(bar.beyond as u64)
            ))
        };
        let mut missed: Vec<String> = parts.iter().filter_map(missed).collect();
        if repeat.order.outcome == Outcome::Missed {
            let swaps = format::count(repeat.order.swaps.len() as u64);
            missed.push(format!("바이트 순서 유지({swaps}쌍이 바뀜)"));
        }
        let mut text = say(
            "다시 실행했을 때 종류마다 수치의 95 %는 차이가 다음 범위 안이었습니다: {said}.",
            &[("said", &said.join(", "))],
        );
        if !missed.is_empty() {
            text = text.and(say("지키지 못한 기준: {missed}", &[("missed", &missed.join("; "))]));
        }
        text.and(why)
    }

    fn rates(&self, pool_workers: Option<u32>) -> (Text, Text) {
        let how = say(
            "각 값은 라운드마다 새로 띄운 프로세스들의 평균이며, 이 기계에서 잰 값입니다([모든 처리율](page:rates)).",
            &[],
        );
        let pools = pool_workers.map(|workers| {
            Text::plain(format!(
                "여기서 풀의 작업자는 {workers}개이고, 위 표에서는 작업마다 하나씩입니다."
            ))
        });
        ("초당 처리 수".into(), how.and(pools.unwrap_or_default()))
    }

    fn rate(&self, work: Work, tasks: u64, wait_ns: u64) -> String {
        let (wait, tasks) = (format::duration(wait_ns as f64), format::count(tasks));
        match work {
            Work::Timer => format!("타이머 {wait}, 동시에 {tasks}개"),
            Work::Request if wait_ns == 0 => format!("곧바로 답하는 요청, 동시에 {tasks}개"),
            Work::Request => format!("{wait} 뒤에 답하는 요청, 동시에 {tasks}개"),
        }
    }

    fn breaks(&self) -> (Text, [&'static str; 3]) {
        ("무엇이 먼저 한계에 이르는가".into(), ["", "도달한 수", "한계의 원인"])
    }

    fn reached(&self, id: &Id, work: Work) -> Text {
        let name = self.contestant(id);
        match work {
            Work::Timer => say("{name}, 타이머", &[("name", &name)]),
            Work::Request => say("{name}, 열린 요청", &[("name", &name)]),
        }
    }

    fn wall(&self, wall: &Wall, next: Option<&Ceiling>) -> Text {
        let limit = with_value(&wall.limit.name, wall.limit.value);
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
            None => "여기까지는 한계 없음".into(),
            Some(next) => {
                Text::plain(format!("여기까지는 한계 없음; 다음 한계는 {}", ceiling(next)))
            }
        }
    }

    fn elsewhere(&self) -> Text {
        "다른 곳에서 온 프로그램에서 대기 작업 하나가 더 쓰는 것".into()
    }

    fn language(&self, language: &Language) -> Text {
        let Language { name, thread, coroutine, times } = language;
        let ratio = times.map(|of| format::times_or_range(&of, "~"));
        let ratio = ratio.map(|times| say("스레드가 **{times}배**입니다.", &[("times", &times)]));
        let beside = [coroutine, thread].into_iter().filter_map(|of| {
            let (other, ratio) = of.beside.as_ref()?;
            Some(say(
                "{id}의 대기 작업은 Rust {other}의 {times}배입니다.",
                &[
                    ("id", of.contestant.as_str()),
                    ("other", &self.contestant(other)),
                    ("times", &format::times(ratio.value)),
                ],
            ))
        });
        let first = say(
            "**{language}**: 대기 작업 하나가 {coroutine}에서 {light}, {thread}에서 {heavy}를 씁니다.",
            &[
                ("language", name),
                ("coroutine", coroutine.contestant.as_str()),
                ("light", &format::bytes(coroutine.bytes.value)),
                ("thread", thread.contestant.as_str()),
                ("heavy", &format::bytes(thread.bytes.value)),
            ],
        );
        ratio.into_iter().chain(beside).fold(first, Text::and)
    }

    fn onwards(&self) -> Text {
        say(
            "**내 경우:** `cargo run --release -p compare -- plan --tasks 20k --wait 200ms --state 2KiB` · \
             [무엇을 고를까](docs:choosing.md) · [질문과 답](page:README) · [주장과 판정](page:claims) · \
             [모든 수치](page:all) · [믿을 수 있나요?](page:trust)",
            &[],
        )
    }
}

fn ceiling(ceiling: &Ceiling) -> String {
    let limit = with_value(&ceiling.limit, ceiling.value);
    format!("{limit}, {}", per_task(&ceiling.limit, ceiling.per_task))
}

/// A limit with its value. Names that are no words stay as the system has them.
fn with_value(limit: &str, value: u64) -> String {
    let name = match limit {
        "memory_bytes" => "기계의 메모리",
        "memory_cgroup" => "컨트롤 그룹의 메모리 한도",
        "pids_cgroup" => "컨트롤 그룹의 pids.max",
        _ => limits::name(limit),
    };
    format!("{name} {}", limits::written(limit, value))
}

/// How much of a limit one task uses.
fn per_task(limit: &str, per_task: f64) -> String {
    let of = |what: &str| format!("작업당 {what} {}개", format::plain(per_task));
    match resource_of(limit) {
        Some(Resource::Mappings) => of("매핑"),
        Some(Resource::Threads) => of("스레드"),
        Some(Resource::Descriptors) => of("열린 파일"),
        Some(Resource::Memory) => format!("작업당 {}", format::bytes(per_task)),
        Some(Resource::Addresses) => format!("작업당 주소 공간 {}", format::bytes(per_task)),
        None => of("단위"),
    }
}

/// The verdict's figures, as far as the record has them.
fn figures(facts: &Facts<'_>) -> Option<Text> {
    let summary = facts.summary;
    let task = Korean.contestant(&summary.coroutine);
    let timer = summary.timer.as_ref()?;
    let times = |compared: Option<&analysis::claims::lighter::Compared>| {
        Some(format!("{}배", format::times_or_range(&compared?.times?, "~")))
    };
    let mut text = say(
        "타이머를 기다리는 {task} 작업은 {ours}, 스레드는 그 **{times}**인 {theirs}를 차지합니다.",
        &[
            ("task", &task),
            ("ours", &format::bytes(timer.coroutine?.value)),
            ("theirs", &format::bytes(timer.thread?.value)),
            ("times", &times(Some(timer))?),
        ],
    );
    let others = [
        ("작업마다 HTTP 연결을 하나씩 열어 두면 **{times}** 차이가 납니다.", &summary.request),
        ("상태가 8 KiB씩 있으면 **{times}**입니다.", &summary.state),
        ("대기 한 번에 드는 CPU는 스레드가 **{times}**입니다.", &summary.cpu_wait),
        ("요청 한 번에 드는 CPU는 스레드가 **{times}**입니다.", &summary.cpu_request),
    ];
    for (sentence, compared) in others {
        if let Some(times) = times(compared.as_ref()) {
            text = text.and(say(sentence, &[("times", &times)]));
        }
    }
    Some(text)
}

/// What the figures of a part are of.
const fn name_of(part: Part) -> &'static str {
    match part {
        Part::Bytes => "바이트",
        Part::Cpu => "CPU",
        Part::Instructions => "명령어 수",
        Part::Start => "시작 시간",
        Part::Rates => "처리율",
        Part::Lateness => "지연",
    }
}

/// Where a thread is as good or better.
fn exceptions(facts: &Facts<'_>) -> Option<Text> {
    let summary = facts.summary;
    let task = Korean.contestant(&summary.coroutine);
    let mut said = Vec::new();
    match facts.fewest() {
        Some(1) => said.push("작업이 하나일 때".to_owned()),
        Some(fewest) => said.push(format!("작업이 {}개 이하일 때", format::count(fewest))),
        None => {}
    }
    if let Some((at_once, ours, theirs)) = facts.at_once_is_no_better() {
        let of = at_once.workers.map(|workers| format!("(스레드 {workers}개)"));
        said.push(format!(
            "곧바로 답하는 서버에 요청을 보낼 때(요청당 CPU: {}{} {}, {task} {})",
            Korean.contestant(&at_once.thread),
            of.unwrap_or_default(),
            format::duration(theirs),
            format::duration(ours),
        ));
    }
    if let Some(punctual) =
        summary.punctual.as_ref().filter(|late| late.finding == Finding::Heavier)
    {
        said.push(format!(
            "하나씩 차례로 울리는 타이머가 {}개 이하일 때 {task}보다(늦게 깨어난 시간: 스레드 {}, {task} {})",
            format::count(punctual.tasks),
            format::duration(punctual.thread[0].median),
            format::duration(punctual.coroutine[0].median),
        ));
    }
    (!said.is_empty()).then(|| {
        say("**스레드가 대등하거나 더 나은 경우:** {said}.", &[("said", &said.join("; "))])
    })
}
