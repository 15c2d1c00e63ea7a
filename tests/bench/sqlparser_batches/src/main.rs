//! Parses NUL-separated batches from standard input with the sqlparser crate, as
//! `datamigrate parse --stdin-batches` does.
//!
//! Prints one JSON object: its version, batches, how many were understood, and the seconds of the parser alone.
use std::io::Read;
use std::time::Instant;

use sqlparser::dialect::MsSqlDialect;
use sqlparser::parser::Parser;

const VERSION: &str = "0.62.0";

fn main() {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).expect("standard input is UTF-8");
    let batches: Vec<&str> = text.split('\0').collect();
    let mut understood = 0;
    let start = Instant::now();
    for batch in &batches {
        understood += usize::from(Parser::parse_sql(&MsSqlDialect {}, batch).is_ok());
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{{\"version\": \"{VERSION}\", \"batches\": {}, \"understood\": {understood}, \"seconds\": {seconds:.6}}}",
        batches.len()
    );
}
