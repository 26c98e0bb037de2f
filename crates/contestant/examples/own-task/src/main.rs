//! Four futures as four contestants: what a future holds while it waits, and what it costs to hand that on
//! through functions.

use std::hint::black_box;
use std::process::ExitCode;

use contestant::{Gate, own, serve};

fn main() -> ExitCode {
    serve([
        own("own/nothing", "a future that holds nothing", nothing),
        own("own/holds-1000", "a future that holds 1,000 B", holds_1000),
        own("own/flat", "a future that holds 256 B", flat),
        own("own/nested", "256 B by value through three nested async functions", nested),
    ])
}

async fn nothing(gate: Gate) {
    gate.wait().await;
}

async fn holds_1000(gate: Gate) {
    let state = black_box([1_u8; 1000]);
    gate.wait().await;
    black_box(&state);
}

async fn flat(gate: Gate) {
    let message = black_box([1_u8; 256]);
    gate.wait().await;
    black_box(&message);
}

async fn nested(gate: Gate) {
    first(gate, black_box([1_u8; 256])).await;
}

async fn first(gate: Gate, message: [u8; 256]) {
    second(gate, message).await;
}

async fn second(gate: Gate, message: [u8; 256]) {
    third(gate, message).await;
}

async fn third(gate: Gate, message: [u8; 256]) {
    gate.wait().await;
    black_box(&message);
}
