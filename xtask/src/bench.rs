//! `cargo xtask bench`: runs the benchmarks and prints how their times relate.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Deserialize;

use crate::failure::{Context, Result};
use crate::workspace::Workspace;
use crate::{adapters, process};

/// Two benchmarks of one run, and what their quotient should be. Times differ from machine to machine; ratios hardly.
struct Ratio {
    meaning: &'static str,
    over: &'static str,
    under: &'static str,
    aim: Option<f64>,
    most: Option<f64>,
}

const RATIOS: [Ratio; 3] = [
    Ratio {
        meaning: "a page of 100 sales through the adapter, against a native parse",
        over: "page/adapter",
        under: "page/native",
        aim: Some(1.3),
        most: Some(1.8),
    },
    Ratio {
        meaning: "an empty call with its fresh instance, against that parse",
        over: "call/empty",
        under: "page/native",
        aim: None,
        most: Some(0.1),
    },
    Ratio {
        meaning: "compiling an adapter, against loading it precompiled",
        over: "load/compile",
        under: "load/aot",
        aim: None,
        most: None,
    },
];

/// Benchmarks that are shown though no ratio needs them.
const OTHERS: [&str; 1] = ["call/instantiate"];

/// Builds the adapters, runs the benchmarks of the host and prints the table.
///
/// # Errors
/// A build or a benchmark fails, or Criterion's results cannot be read.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    process::step("adapters", "cargo xtask build --adapters-only", || adapters::build(workspace, true))?;
    let results = workspace.target().join("criterion");
    let start = SystemTime::now();
    process::step("benchmarks", "cargo bench --package moulin-host --benches", || {
        let mut cargo = workspace.cargo();
        cargo.args(["bench", "--package", "moulin-host", "--benches"]);
        cargo.env("CRITERION_HOME", &results).env("MOULIN_TEST_ADAPTERS", workspace.adapters());
        process::run(&mut cargo)
    })?;
    let times = read(&results, start).context(|| format!("cannot read {}", results.display()))?;
    println!("\n{}", table(&times));
    Ok(())
}

#[derive(Deserialize)]
struct Benchmark {
    full_id: String,
}

#[derive(Deserialize)]
struct Estimates {
    median: Estimate,
}

#[derive(Deserialize)]
struct Estimate {
    /// Nanoseconds.
    point_estimate: f64,
}

/// The medians in nanoseconds of the benchmarks that ran after `start`, by name. Criterion keeps the results of earlier
/// runs beside them; a ratio of two runs would say nothing.
fn read(folder: &Path, start: SystemTime) -> std::io::Result<BTreeMap<String, f64>> {
    let mut times = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            }
        }
        if folder.file_name().is_some_and(|name| name == "new")
            && let Some((name, time)) = result(&folder, start)?
        {
            times.insert(name, time);
        }
    }
    Ok(times)
}

/// The result in one folder `new`, if it is one and of this run.
fn result(folder: &Path, start: SystemTime) -> std::io::Result<Option<(String, f64)>> {
    let (name, estimates): (PathBuf, PathBuf) = (folder.join("benchmark.json"), folder.join("estimates.json"));
    if !name.is_file() || !estimates.is_file() || fs::metadata(&estimates)?.modified()? < start {
        return Ok(None);
    }
    let name: Benchmark = serde_json::from_slice(&fs::read(name)?)?;
    let estimates: Estimates = serde_json::from_slice(&fs::read(estimates)?)?;
    Ok(Some((name.full_id, estimates.median.point_estimate)))
}

/// The table for people. What was not measured is named as missing.
fn table(times: &BTreeMap<String, f64>) -> String {
    let mut lines = vec!["median of this run".to_owned()];
    let mut names: Vec<_> = RATIOS.iter().flat_map(|ratio| [ratio.over, ratio.under]).chain(OTHERS).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let time = times.get(name).map_or_else(|| "missing".to_owned(), |time| duration(*time));
        lines.push(format!("  {name:<18} {time:>12}"));
    }
    lines.push(String::new());
    lines.push("ratio".to_owned());
    for ratio in RATIOS {
        let name = format!("{} ÷ {}", ratio.over, ratio.under);
        let (value, verdict) = match (times.get(ratio.over), times.get(ratio.under)) {
            (Some(over), Some(under)) if *under > 0.0 => {
                let value = over / under;
                (format!("{value:.3}"), verdict(&ratio, value))
            }
            _ => ("missing".to_owned(), String::new()),
        };
        lines.push(format!("  {name:<26} {value:>8}  {verdict}").trim_end().to_owned());
        lines.push(format!("      {}", ratio.meaning));
    }
    lines.join("\n")
}

fn verdict(ratio: &Ratio, value: f64) -> String {
    let Some(most) = ratio.most else {
        return String::new();
    };
    match ratio.aim {
        Some(aim) if value <= aim => format!("meets the aim of {aim}"),
        Some(aim) if value <= most => format!("within {most}, above the aim of {aim}"),
        None if value <= most => format!("within {most}"),
        _ => format!("ABOVE THE LIMIT of {most}"),
    }
}

fn duration(nanoseconds: f64) -> String {
    if nanoseconds < 1e3 {
        format!("{nanoseconds:.0} ns")
    } else if nanoseconds < 1e6 {
        format!("{:.2} µs", nanoseconds / 1e3)
    } else {
        format!("{:.2} ms", nanoseconds / 1e6)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use super::*;

    fn times(pairs: &[(&str, f64)]) -> BTreeMap<String, f64> {
        pairs.iter().map(|(name, time)| ((*name).to_owned(), *time)).collect()
    }

    #[test]
    fn a_ratio_is_judged_by_its_aim_and_its_limit() {
        let at = |adapter| table(&times(&[("page/native", 1e6), ("page/adapter", adapter), ("call/empty", 5e4)]));
        assert!(at(1.2e6).contains("1.200  meets the aim of 1.3"), "{}", at(1.2e6));
        assert!(at(1.7e6).contains("1.700  within 1.8, above the aim of 1.3"));
        assert!(at(2.0e6).contains("2.000  ABOVE THE LIMIT of 1.8"));
        assert!(at(2.0e6).contains("0.050  within 0.1"));
    }

    #[test]
    fn what_was_not_measured_is_missing_and_not_guessed() {
        let table = table(&times(&[("page/adapter", 1e6), ("load/compile", 2e8), ("load/aot", 5e5)]));
        let line = |start: &str| table.lines().find(|line| line.trim_start().starts_with(start)).unwrap().to_owned();
        assert!(line("page/adapter ÷").ends_with("missing"));
        assert!(line("call/empty ÷").ends_with("missing"));
        assert!(line("load/compile ÷").ends_with("400.000"));
        assert!(line("page/native").ends_with("missing"));
        assert!(line("page/adapter  ").ends_with("1.00 ms"));
    }

    #[test]
    fn results_of_earlier_runs_are_left_out() {
        let folder = std::env::temp_dir().join(format!("xtask-bench-{}", std::process::id()));
        let new = folder.join("page").join("native").join("new");
        fs::create_dir_all(&new).unwrap();
        fs::create_dir_all(folder.join("report")).unwrap();
        fs::write(new.join("benchmark.json"), r#"{"group_id":"page","function_id":"native","full_id":"page/native"}"#)
            .unwrap();
        fs::write(
            new.join("estimates.json"),
            r#"{"mean":{"point_estimate":9.0},"median":{"point_estimate":1234.5,"standard_error":1.0}}"#,
        )
        .unwrap();
        let written = fs::metadata(new.join("estimates.json")).unwrap().modified().unwrap();
        assert_eq!(read(&folder, written).unwrap(), times(&[("page/native", 1234.5)]));
        assert_eq!(read(&folder, written + Duration::from_secs(1)).unwrap(), times(&[]));
        fs::remove_dir_all(&folder).unwrap();
    }
}
