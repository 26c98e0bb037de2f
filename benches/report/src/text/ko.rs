//! The front page in Korean, the language of the post whose claims are tested.

use analysis::claims::Verdict;
use analysis::contestant::Id;
use analysis::sides::Part;
use analysis::walls::{Resource, resource_of};

use super::front::FrontWords;
use super::names;
use crate::format;

/// The front page in Korean.
pub static KOREAN: FrontWords = FrontWords {
    intro: "Rust에서 작업 하나가 대기하는 데 드는 비용(바이트, CPU, 지연)을 OS 스레드, 콜백, 비동기 작업에서 각각 \
            잽니다. 모든 모델은 똑같은 작업을 하고 그 작업을 마쳤음을 증명하며, 측정은 **커널 메모리까지 포함해** \
            프로세스 밖에서 합니다.",
    contestant,
    in_a_sentence: contestant,
    part,
    limit,
    per_task,
    list: |all, between| all.join(between),
    to: "~",
    answer: |verdict, from| match (verdict, from) {
        (Verdict::Refuted, _) => {
            "**“코루틴은 스레드보다 가볍다”: 아니요. 이 기록에서는 그렇지 않습니다.**"
        }
        (Verdict::NotMeasured(_), _) => {
            "**“코루틴은 스레드보다 가볍다”: 이 기록으로는 알 수 없습니다.**"
        }
        (_, Some((1, 1))) => {
            "**“코루틴은 스레드보다 가볍다”: 예, 대기 중인 작업이 몇 개든 그렇습니다. 얼마나 가벼운지는 작업이 그 \
             밖에 무엇을 더 들고 있는지에 달려 있습니다.**"
        }
        (_, Some((least, most))) if least == most => {
            "**“코루틴은 스레드보다 가볍다”: 맞습니다. 단, 대기 작업이 {most}개 이상일 때입니다. 얼마나 가벼운지는 \
             작업이 그 밖에 무엇을 더 들고 있는지에 달려 있습니다.**"
        }
        (_, Some(_)) => {
            "**“코루틴은 스레드보다 가볍다”: 맞습니다. 단, 대기 작업이 {least}~{most}개(런타임에 따라 다름) 이상일 \
             때입니다. 얼마나 가벼운지는 작업이 그 밖에 무엇을 더 들고 있는지에 달려 있습니다.**"
        }
        (_, None) => "**“코루틴은 스레드보다 가볍다”: 예, 다만 예외가 있습니다.**",
    },
    figures: [
        "타이머를 기다리는 {task} 작업은 {ours}, 스레드는 그 **{times}배**인 {theirs}를 차지합니다.",
        "작업마다 HTTP 연결을 하나씩 열어 두면 **{times}배** 차이가 납니다.",
        "상태가 8 KiB씩 있으면 **{times}배**입니다.",
        "대기 한 번에 드는 CPU는 스레드가 **{times}배**입니다.",
        "요청 한 번에 드는 CPU는 스레드가 **{times}배**입니다.",
    ],
    as_good: "**스레드가 대등하거나 더 나은 경우:** {said}.",
    one_task: "작업이 하나일 때",
    few_tasks: "작업이 {tasks}개 이하일 때",
    at_once: "곧바로 답하는 서버에 요청을 보낼 때(요청당 CPU: {thread} {theirs}, {task} {ours})",
    of_workers: "(스레드 {workers}개)",
    punctual: "하나씩 차례로 울리는 타이머가 {tasks}개 이하일 때 {task}보다(늦게 깨어난 시간: 스레드 {theirs}, \
               {task} {ours})",
    takes: (
        "대기 작업이 하나 늘 때마다 드는 비용",
        ["", "타이머", "+ 상태 8 KiB", "열린 요청", "대기당 CPU", "요청당 CPU"],
    ),
    no_figure: "이 기록에서는 재지 않았음",
    one_at_a_time: "서브루틴은 한 번에 하나씩만 대기하므로 이 표에 없습니다.",
    discontinued: "async-std는 개발이 중단되었습니다: [옮길 가치가 있을까요?](docs:choosing.md#the-service-runs-on-async-std-is-it-worth-leaving)",
    how_known: "([확인 방법](page:trust)).",
    no_second_run: "비교할 두 번째 실행이 없습니다",
    nothing_in_common: "두 번째 실행과 겹치는 수치가 없습니다",
    repeated: "다시 실행했을 때 종류마다 수치의 95 %는 차이가 다음 범위 안이었습니다: {said}.",
    within: "{what} {within} 이내",
    missed_bars: "지키지 못한 기준: {missed}",
    missed_bar: "{what} {allowed} 이내(수치 {figures}개 중 {beyond}개가 벗어남)",
    missed_order: ["바이트 순서 유지({swaps}쌍이 바뀜)"; 2],
    rates: "초당 처리 수",
    rates_read: "각 값은 라운드마다 새로 띄운 프로세스들의 평균이며, 이 기계에서 잰 값입니다([모든 처리율](page:rates)).",
    pool_workers: "여기서 풀의 작업자는 {workers}개이고, 위 표에서는 작업마다 하나씩입니다.",
    rate: [
        "타이머 {wait}, 동시에 {tasks}개",
        "곧바로 답하는 요청, 동시에 {tasks}개",
        "{wait} 뒤에 답하는 요청, 동시에 {tasks}개",
    ],
    breaks: ("무엇이 먼저 한계에 이르는가", ["", "도달한 수", "한계의 원인"]),
    reached: ["{name}, 타이머", "{name}, 열린 요청"],
    then: "; 그다음은 {next}",
    no_wall: "여기까지는 한계 없음",
    next: "; 다음 한계는 {next}",
    elsewhere: "다른 곳에서 온 프로그램에서 대기 작업 하나가 더 쓰는 것",
    language: [
        "**{language}**: 대기 작업 하나가 {coroutine}에서 {light}, {thread}에서 {heavy}를 씁니다.",
        "**{language}**: 대기 작업 하나가 {coroutine}에서 {light}, {thread}에서 {heavy}를 씁니다. 스레드가 \
         **{times}배**입니다.",
    ],
    beside: "{id}의 대기 작업은 Rust {other}의 {times}배입니다.",
    onwards: "**내 경우:** `cargo run --release -p compare -- plan --tasks 20k --wait 200ms --state 2KiB` · \
              [무엇을 고를까](docs:choosing.md) · [질문과 답](page:README) · [주장과 판정](page:claims) · \
              [모든 수치](page:all) · [믿을 수 있나요?](page:trust)",
};

fn contestant(id: &Id) -> String {
    match id.as_str() {
        "subroutine/sequential" => "서브루틴".into(),
        "threads/per-task" => "작업별 스레드".into(),
        "threads/crossbeam-pool" => "crossbeam 풀".into(),
        "threads/rayon-pool" => "rayon 풀".into(),
        "callbacks/event-loop" => "이벤트 루프".into(),
        _ => names::contestant(id),
    }
}

const fn part(part: Part) -> &'static str {
    match part {
        Part::Bytes => "바이트",
        Part::Cpu => "CPU",
        Part::Instructions => "명령어 수",
        Part::Start => "시작 시간",
        Part::Rates => "처리율",
        Part::Lateness => "지연",
    }
}

/// Names that are no words stay as the system has them.
fn limit(limit: &str) -> &str {
    match limit {
        "memory_bytes" => "기계의 메모리",
        "memory_cgroup" => "컨트롤 그룹의 메모리 한도",
        "pids_cgroup" => "컨트롤 그룹의 pids.max",
        _ => names::limit(limit),
    }
}

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
