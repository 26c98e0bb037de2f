//! What one more connection costs the servers of a record: what `compare weigh` prints, and a page.

use std::collections::BTreeMap;

use analysis::Analysis;
use analysis::weighing::{PerConnection, Server, Stop};
use record::{Hold, LimitOf, Sockets};
use serde::Serialize;

use crate::document::{Block, Cell, Column, Document, Table, Unit};
use crate::format::{self, alike};
use crate::pages::machine;
use crate::tables::{self, folded, section, under};
use crate::text::{Text, limits, names, say};

/// The name of its page.
pub const ID: &str = "servers";

/// Why there is no figure of the kernel's part.
const NO_GROUP: &str = "there is no control group to read";

/// What the tables say, below them.
const HOW_TO_READ: &str = "A figure is the slope over all steps of all processes, with the middle 95 % of \
    what other processes could have shown. Private memory is the server's own. Page tables and the rest of the \
    kernel's part are what its control group is charged: sockets, their buffers, the stacks of threads. Files \
    that the kernel keeps in memory are in none of them, and neither is the client.";

/// The document; with how many connections fit into so much memory, where that was asked.
pub fn document(analysis: &Analysis, memory: Option<u64>) -> Document {
    let servers = &analysis.servers;
    let mut blocks = vec![Block::Quote(answer(servers, memory))];
    let has_figures = servers.iter().any(|server| server.basis().is_some());
    if has_figures {
        blocks.extend([Block::Table(bytes(servers)), Block::Paragraph(HOW_TO_READ.into())]);
    }
    blocks.push(Block::Paragraph(machine::answer(analysis)));
    if has_figures {
        blocks.extend(under("CPU of a connection, and what is kept of it", cpu(servers), ""));
    }
    blocks.extend(section("What stopped it", stopped(servers)));
    blocks.extend(section("What to know", notes(analysis)));
    blocks.extend(folded("How each was run", commands(servers)));
    let title = match &servers[..] {
        [first, rest @ ..] if rest.iter().all(|other| other.server == first.server) => {
            format!("What one more connection costs {}", first.server)
        }
        _ => "What one more connection costs a server".into(),
    };
    Document { id: ID, title: title.into(), blocks }
}

/// A server with how many connections fit into the memory that was asked for.
#[derive(Debug, Serialize)]
pub struct Fitting<'a> {
    #[serde(flatten)]
    server: &'a Server,
    #[serde(skip_serializing_if = "Option::is_none")]
    fits: Option<u64>,
}

/// As JSON: the figures of each server, with how many connections fit into so much memory if that was asked.
pub fn json(servers: &[Server], memory: Option<u64>) -> Vec<Fitting<'_>> {
    let of = |server| Fitting { server, fits: memory.and_then(|bytes| server.fits(bytes)) };
    servers.iter().map(of).collect()
}

/// The figures that people come for.
fn answer(servers: &[Server], memory: Option<u64>) -> Vec<Text> {
    let said: Vec<Text> = match servers {
        [] => vec!["No server was weighed.".into()],
        [first, rest @ ..] if rest.iter().all(|other| other.server == first.server) => {
            servers.iter().map(one).collect()
        }
        _ => vec![from_to(servers)],
    };
    let fits = servers.iter().filter_map(|server| {
        let memory = memory?;
        let [fits, bytes] = [format::count(server.fits(memory)?), format::size(memory as f64)];
        let hold = hold(server.hold);
        if server.fits(memory) == Some(0) {
            let without = format::size(server.basis()?.without);
            return Some(say(
                "No such connection of {server} fits into {bytes} ({hold}): without any it takes {without}.",
                &[("server", &server.server), ("bytes", &bytes), ("hold", hold), ("without", &without)],
            ));
        }
        let least = if is_lower(server) { " at most" } else { "" };
        let more = server.fits(memory) > server.most;
        let far = if more { ", if it goes on beyond what was held" } else { "" };
        Some(say(
            "Into {bytes} fit {fits} such connections of {server}{least} ({hold}){far}.",
            &[
                ("bytes", &bytes),
                ("fits", &fits),
                ("server", &server.server),
                ("least", least),
                ("hold", hold),
                ("far", far),
            ],
        ))
    });
    said.into_iter().chain(fits).collect()
}

/// Whether a connection may cost more than what was read: some of it was there before, or is not seen.
fn is_lower(server: &Server) -> bool {
    server.attached.is_some() || server.total.is_none() || server.sockets == Sockets::Unseen
}

fn one(server: &Server) -> Text {
    let (name, hold) = (&*server.server, hold(server.hold));
    let Some(basis) = server.basis() else {
        let Some(most) = server.most else {
            return say(
                "**{name} has no figure** ({hold}): it was not weighed.",
                &[("name", name), ("hold", hold)],
            );
        };
        return say(
            "**{name} has no figure** ({hold}): it was weighed with {most} and not with more, and a slope has two \
             ends.",
            &[("name", name), ("hold", hold), ("most", &format::counted(most, "connection"))],
        );
    };
    let least = if is_lower(server) { "at least " } else { "" };
    let bytes = format!("{least}{}", format::estimate(&basis.bytes, Unit::Bytes));
    let part = |of: &Option<PerConnection>| of.map_or(0.0, |of| of.bytes.value);
    if server.total.is_none() {
        return say(
            "**One more connection costs {name} {bytes} of private memory** ({hold}). The rest of the \
             kernel's part is not known.",
            &[("name", name), ("bytes", &bytes), ("hold", hold)],
        );
    }
    let [private, kernel] =
        [part(&server.private), part(&server.kernel) + part(&server.page_tables)];
    say(
        "**One more connection costs {name} {bytes}** ({hold}): {private} of its own memory and {kernel} of the \
         kernel's.",
        &[
            ("name", name),
            ("bytes", &bytes),
            ("hold", hold),
            ("private", &format::bytes(private)),
            ("kernel", &format::bytes(kernel)),
        ],
    )
}

/// From which server to which, of idle connections.
fn from_to(servers: &[Server]) -> Text {
    let all = servers.iter().filter(|server| server.hold == Hold::Idle);
    let mut all: Vec<(&Server, f64)> =
        all.filter_map(|server| Some((server, server.basis()?.bytes.value))).collect();
    all.sort_by(|one, other| one.1.total_cmp(&other.1));
    let [(least, low), between @ .., (most, high)] = &all[..] else {
        return "The table says what one more connection costs each server.".into();
    };
    let times = |bytes: &f64| format::times(bytes / low);
    let said = say(
        "**One more idle connection costs from {low} at {least} to {high} at {most}**, {times} times as much.",
        &[
            ("low", &format::bytes(*low)),
            ("least", &least.server),
            ("high", &format::bytes(*high)),
            ("most", &most.server),
            ("times", &times(high)),
        ],
    );
    let between: Vec<String> = between
        .iter()
        .map(|(server, bytes)| format!("{} at {} times", server.server, times(bytes)))
        .collect();
    match &between[..] {
        [] => said,
        all => said.and(say("Between them: {all}.", &[("all", &format::list(all))])),
    }
}

fn bytes(servers: &[Server]) -> Table {
    let figure = |of: Option<PerConnection>, otherwise: &'static str| {
        Cell::figure(of.map(|of| of.bytes), otherwise)
    };
    let grouped = |of: Option<PerConnection>, server: &Server| {
        figure(of, if server.group_note.is_some() { NO_GROUP } else { "fewer than two steps" })
    };
    let column = |head: &'static str| Column::new(head, Unit::Bytes).lower();
    tables::of(
        servers,
        &[
            (Column::words("server"), &|server| Cell::text(&*server.server)),
            (Column::words("connection"), &|server| Cell::text(hold(server.hold))),
            (column("full bill").with_intervals(), &|server| grouped(server.total, server)),
            (column("private"), &|server| {
                figure(server.private, "fewer than two steps, or not to be read here")
            }),
            (column("page tables"), &|server| figure(server.page_tables, "not read")),
            (column("rest of kernel"), &|server| grouped(server.kernel, server)),
        ],
    )
}

fn cpu(servers: &[Server]) -> Table {
    const NOT_ASKED: &str = "no request was made: --hold keep-alive makes one";
    let column = |head: &'static str| Column::new(head, Unit::Nanoseconds).lower();
    let otherwise = |server: &Server| match server.hold {
        Hold::Idle => NOT_ASKED,
        _ => "not read",
    };
    tables::of(
        servers,
        &[
            (Column::words("server"), &|server| Cell::text(&*server.server)),
            (Column::words("connection"), &|server| Cell::text(hold(server.hold))),
            (column("to accept"), &|server| Cell::figure(server.accept_cpu_ns, "not read")),
            (column("a request"), &|server| Cell::figure(server.request_cpu_ns, otherwise(server))),
            (Column::new("kept", Unit::Bytes).lower(), &|server| {
                Cell::figure(
                    server.kept,
                    "it was not weighed when all were closed, or not before the first",
                )
            }),
            (Column::new("held", Unit::Count).higher(), &|server| {
                Cell::count(server.most, "none with proof")
            }),
        ],
    )
}

/// The limits that stopped servers, and what moves each, with all servers that it stopped at the same number.
fn stopped(servers: &[Server]) -> Vec<Text> {
    let stop = |server: &Server| {
        let Stop { limit, of, was_hit } = server.stop.as_ref()?;
        let name = names::limit(&limit.name);
        let whose = match of {
            _ if name.starts_with("the ") => "",
            LimitOf::Server => "the server's ",
            LimitOf::Client => "the client's ",
            LimitOf::Machine => "the machine's ",
        };
        let is_files = limit.name.starts_with("nofile") && *of == LimitOf::Server;
        let command = names::command_for(&limit.name, limit.value.saturating_mul(2));
        let moved = match &command {
            _ if is_files && server.attached.is_some() => {
                "`prlimit --pid PID --nofile=N` moves it until it ends, `LimitNOFILE=` in its unit for good."
            }
            Some(_) => "`{command}` moves it.",
            None => "",
        };
        let said = say(
            "{most} connections with proof. The limit is {whose}**{name} {value}**; {tried}.",
            &[
                ("most", &format::count(server.most.unwrap_or(0))),
                ("whose", whose),
                ("name", name),
                ("value", &limits::written(&limit.name, limit.value)),
                ("tried", if *was_hit { "it was hit" } else { "no more were tried" }),
            ],
        );
        let moved = say(moved, &[("command", &command.unwrap_or_default())]);
        Some((said.and(moved), named(server)))
    };
    let sentence =
        |(said, of): (Text, Vec<String>)| Text::plain(format!("{}:", format::list(&of))).and(said);
    alike(servers.iter().filter_map(stop), |one, other| one == other)
        .into_iter()
        .map(sentence)
        .collect()
}

/// What the figures do not say by themselves, each once with whom it concerns.
fn notes(analysis: &Analysis) -> Vec<Text> {
    let mut said: BTreeMap<(u8, String), Vec<String>> = BTreeMap::new();
    for server in &analysis.servers {
        let mut add = |order: u8, what: String| {
            said.entry((order, what)).or_default().push(named(server));
        };
        server.reasons.iter().for_each(|reason| add(0, reason.clone()));
        if let Some(note) = &server.group_note {
            add(1, format!("only the process's own memory is weighed, a lower bound: {note}"));
        }
        if let Some(attached) = &server.attached {
            add(
                2,
                format!(
                    "it ran already ({attached}), so its memory may have room left from before, and \
                     the interval is that of one process"
                ),
            );
        }
        let uncharged = "this kernel charges accepted sockets to no group or to the client's";
        match server.sockets {
            Sockets::Charged => {}
            Sockets::Added => add(
                3,
                format!("{uncharged}, so the growth of the system's slab of sockets is added"),
            ),
            Sockets::Unseen => add(
                3,
                format!(
                    "{uncharged}, and its slab may be read by root alone, so the kernel's part and \
                     all of it are lower bounds"
                ),
            ),
        }
        if let Some([fewest, most]) = server.processes.filter(|[fewest, most]| fewest < most) {
            add(
                4,
                format!(
                    "it was {fewest} to {most} processes while it was weighed; what those that began or ended \
                     had is in its figures"
                ),
            );
        }
        if let Some(status) = server.refused_with {
            add(
                5,
                format!(
                    "it answered with status {status}, so its figures may be those of an error; --path \
                     asks for something else"
                ),
            );
        }
        if server.repeats < server.wanted {
            let [wanted, weighed] = [server.wanted, server.repeats].map(format::count);
            add(6, format!("{wanted} processes were to be weighed, and {weighed} were"));
        }
        if server.attached.is_none() && server.basis().is_some() {
            match server.repeats {
                0..=1 => add(
                    7,
                    "its interval says how the steps of one process lie around a line, and nothing of how far \
                     another process would differ"
                        .into(),
                ),
                2 => add(7, "two processes say little of how far another would differ".into()),
                _ => {}
            }
        }
    }
    let points = said.into_iter().map(|((_, what), of)| {
        say("{of}: {what}.", &[("of", &format::list(&of)), ("what", what.trim_end_matches('.'))])
    });
    let cut = "The record was cut off: its last line is left out.";
    points.chain(analysis.truncated.then(|| cut.into())).collect()
}

/// A server with how its connections are held.
fn named(server: &Server) -> String {
    format!("{} ({})", server.server, hold(server.hold))
}

fn commands(servers: &[Server]) -> Table {
    tables::of(
        servers,
        &[
            (Column::words("server"), &|server| Cell::text(&*server.server)),
            (Column::words("connection"), &|server| Cell::text(hold(server.hold))),
            (Column::words("address"), &|server| Cell::Text(Text::code(&*server.address))),
            (Column::words("command"), &|server| match &server.attached {
                Some(attached) => Cell::text(&**attached),
                None => Cell::Text(Text::code(server.command.join(" "))),
            }),
            (Column::words("steps"), &|server| {
                let steps: Vec<String> = server.steps.iter().copied().map(format::count).collect();
                Cell::text(steps.join(", "))
            }),
            (Column::new("processes", Unit::Count), &|server| Cell::Count(server.repeats)),
        ],
    )
}

fn hold(hold: Hold) -> &'static str {
    match hold {
        Hold::Idle => "idle",
        Hold::KeepAlive => "kept alive",
        Hold::Waiting => "waiting",
        Hold::File => "own bytes",
    }
}

#[cfg(test)]
mod tests {
    use record::synthetic::Synthetic;
    use record::{Limit, Record, Status};

    use super::*;
    use crate::render::markdown::{Place, render};
    use crate::render::terminal;

    fn made(servers: &[(&str, u64)]) -> Record {
        let mut made = Synthetic::new();
        for (name, each) in servers {
            for repeat in 0..3 {
                made.server(name, Hold::Idle, repeat, &[0, 500, 2_000, 5_000], *each);
            }
        }
        made.record()
    }

    fn written(record: &Record, memory: Option<u64>) -> String {
        let document = document(&Analysis::of(record, None), memory);
        assert!(
            !terminal::render(&document, terminal::Options { width: Some(80), details: true })
                .is_empty()
        );
        render(&document, &Place { results: "", docs: "" })
    }

    #[test]
    fn the_answer_comes_first_and_says_the_parts() {
        let page = written(&made(&[("nginx", 300)]), Some(512 << 20));
        let answer = page.lines().nth(2).unwrap();
        assert!(answer.contains("One more connection costs nginx 4.3 kB"), "{page}");
        assert!(page.contains("300 B of its own memory and 4 kB of the kernel's"), "{page}");
        assert!(
            page.contains("Into 512 MiB fit 124,0") || page.contains("Into 512 MiB fit 123,9"),
            "{page}"
        );
    }

    #[test]
    fn several_servers_are_told_from_the_lightest_to_the_heaviest() {
        let page = written(&made(&[("nginx", 300), ("python", 90_000), ("node", 2_000)]), None);
        assert!(page.contains("from 4.3 kB at nginx to 94 kB at python"), "{page}");
        assert!(page.contains("Between them: node at 1."), "{page}");
        assert!(page.contains("| node"), "{page}");
    }

    #[test]
    fn a_wall_says_whose_it_is_and_what_moves_it() {
        let mut record = made(&[("nginx", 300)]);
        let line = &mut record.weighings[1];
        line.status = Status::Wall;
        line.reason = Some("it accepted 19990 of 25000 connections and no more".into());
        line.limit = Some(Limit {
            name: "nofile".into(),
            value: 20_000,
            used: 19_999,
            used_is_estimated: false,
            reached: None,
        });
        line.limit_of = Some(LimitOf::Server);
        line.sockets = Sockets::Unseen;
        record.weighings[0].sockets = Sockets::Unseen;
        record.weighings[0].group_note = Some("no group: try root".into());
        let page = written(&record, None);
        assert!(page.contains("the server's **ulimit -n 20,000**; it was hit."), "{page}");
        assert!(page.contains("`ulimit -n 40000` moves it"), "{page}");
        assert!(page.contains("lower bounds") && page.contains("try root"), "{page}");
        assert!(page.contains("19990 of 25000"), "{page}");
    }

    #[test]
    fn a_limit_of_any_name_is_shown_as_it_is() {
        let mut record = made(&[("nginx", 300)]);
        let line = &mut record.weighings[1];
        let name = "{x} **[y".into();
        line.status = Status::Wall;
        line.limit =
            Some(Limit { name, value: 7, used: 7, used_is_estimated: false, reached: None });
        line.limit_of = Some(LimitOf::Machine);
        let page = written(&record, None);
        assert!(page.contains("the machine's **{x} &#42;&#42;&#91;y 7**;"), "{page}");
    }

    #[test]
    fn what_was_not_as_it_was_asked_for_is_said() {
        let mut record = made(&[("nginx", 300)]);
        for line in &mut record.weighings {
            line.repeats = 5;
            line.steps.last_mut().unwrap().processes = 4;
        }
        record.weighings[1].refused_with = Some(404);
        let page = written(&record, Some(1 << 20));
        for expected in [
            "5 processes were to be weighed, and 3 were",
            "it was 1 to 4 processes while it was weighed",
            "it answered with status 404",
            "No such connection of nginx fits into 1 MiB (idle): without any it takes",
        ] {
            assert!(page.contains(expected), "`{expected}` is not in\n{page}");
        }
        record.weighings.truncate(1);
        let page = written(&record, None);
        assert!(page.contains("how the steps of one process lie around a line"), "{page}");
    }

    #[test]
    fn what_was_never_held_has_no_figure_and_says_why() {
        let mut record = made(&[("silent", 1)]);
        for line in &mut record.weighings {
            line.steps.truncate(1);
            line.reason = Some("it accepted 0 of 500 connections and no more".into());
        }
        let page = written(&record, Some(1 << 30));
        assert!(page.contains("**silent has no figure**") && page.contains("0 of 500"), "{page}");
        assert!(!page.contains("CPU of a connection"), "a table of nothing: {page}");
        assert!(written(&Synthetic::new().record(), None).contains("No server was weighed."));
    }
}
