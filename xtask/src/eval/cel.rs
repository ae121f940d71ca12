//! Runs CEL's conformance suite, one JSON object per line, against the expressions of the rule language.
//!
//! A case counts as excluded only if the engine, on the tree it typed, reports a construct that the language deliberately omits.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use engine::rules::UnsupportedSyntax;
use engine::rules::typed::{Evaluation, Val, VariableValue, evaluate};
use serde_json::{Value as Json, json};

/// The result of one case.
enum CaseResult {
    Passed,
    Excluded(UnsupportedSyntax),
    Failed(String),
}

#[derive(Default)]
struct Tally {
    passed: u64,
    failed: u64,
    excluded: BTreeMap<UnsupportedSyntax, u64>,
}

/// Runs every case and prints the results by file.
///
/// # Errors
/// Returns an error if the file cannot be read or a line is not a valid case.
pub fn run(path: &Path) -> Result<ExitCode> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let mut files: BTreeMap<String, Tally> = BTreeMap::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let case: Json = serde_json::from_str(line).with_context(|| format!("line {}", index + 1))?;
        let tally = files.entry(word(&case, "file")?.to_owned()).or_default();
        match check(&case).with_context(|| format!("line {}", index + 1))? {
            CaseResult::Passed => tally.passed += 1,
            CaseResult::Excluded(construct) => *tally.excluded.entry(construct).or_default() += 1,
            CaseResult::Failed(why) => {
                tally.failed += 1;
                println!("FAILED {} {}: {}\n  {why}", index + 1, word(&case, "name")?, word(&case, "expr")?);
            }
        }
    }
    Ok(report(&files))
}

fn report(files: &BTreeMap<String, Tally>) -> ExitCode {
    println!(
        "{:<16}{:>8}{:>8}{:>8}{:>10}  excluded by construct",
        "file", "total", "passed", "failed", "excluded"
    );
    let mut all = Tally::default();
    for (file, tally) in files {
        row(file, tally);
        all.passed += tally.passed;
        all.failed += tally.failed;
        for (construct, count) in &tally.excluded {
            *all.excluded.entry(*construct).or_default() += count;
        }
    }
    row("all", &all);
    let excluded: u64 = all.excluded.values().sum();
    let by: serde_json::Map<String, Json> =
        all.excluded.iter().map(|(construct, count)| (construct.to_string(), json!(count))).collect();
    println!(
        "{}",
        json!({
            "total": all.passed + all.failed + excluded,
            "passed": all.passed,
            "failed": all.failed,
            "excluded": excluded,
            "excluded_by": by,
        })
    );
    if all.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn row(name: &str, tally: &Tally) {
    let excluded: u64 = tally.excluded.values().sum();
    let by: Vec<String> =
        tally.excluded.iter().map(|(construct, count)| format!("{construct} {count}")).collect();
    let total = tally.passed + tally.failed + excluded;
    println!("{name:<16}{total:>8}{:>8}{:>8}{excluded:>10}  {}", tally.passed, tally.failed, by.join(", "));
}

fn check(case: &Json) -> Result<CaseResult> {
    let variables = match case.get("bindings") {
        Some(Json::Object(bindings)) => bindings
            .iter()
            .map(|(name, value)| Ok((name.clone(), binding(value)?)))
            .collect::<Result<BTreeMap<_, _>>>()?,
        _ => BTreeMap::new(),
    };
    let result = evaluate(word(case, "expr")?, &variables);
    let wants_error = match word(case, "matcher")? {
        "value" => false,
        "eval_error" => true,
        other => bail!("unknown matcher `{other}`"),
    };
    Ok(match (result, wants_error) {
        (Evaluation::LeftOut(construct), _) => CaseResult::Excluded(construct),
        (Evaluation::Error(_), true) => CaseResult::Passed,
        (Evaluation::Error(message), false) => CaseResult::Failed(format!("is an error: {message}")),
        (Evaluation::Value(value), true) => CaseResult::Failed(format!("is {value}, expected an error")),
        (Evaluation::Value(value), false) => {
            let wanted = case.get("value").context("a value is missing")?;
            match binding(wanted)? {
                VariableValue::Value(wanted) if is_same(&value, &wanted) => CaseResult::Passed,
                _ => CaseResult::Failed(format!("is {value}, expected {wanted}")),
            }
        }
    })
}

fn word<'j>(case: &'j Json, key: &str) -> Result<&'j str> {
    case.get(key).and_then(Json::as_str).with_context(|| format!("`{key}` is missing"))
}

/// Parses a value of a case: `[type, text]`, nested for lists and maps.
fn binding(json: &Json) -> Result<VariableValue> {
    let odd = || anyhow!("{json} is not a value");
    let parts = json.as_array().ok_or_else(odd)?;
    let kind = parts.first().and_then(Json::as_str).ok_or_else(odd)?;
    let text = || parts.get(1).and_then(Json::as_str).ok_or_else(odd);
    let number = |at: usize| parts.get(at).and_then(Json::as_i64).ok_or_else(odd);
    let items = || parts.get(1).and_then(Json::as_array).ok_or_else(odd);
    let nanos = || Ok::<_, anyhow::Error>(i128::from(number(1)?) * 1_000_000_000 + i128::from(number(2)?));
    let value = match kind {
        "bool" => Val::Bool(parts.get(1).and_then(Json::as_bool).ok_or_else(odd)?),
        "int" => Val::Int(text()?.parse()?),
        "double" => Val::Double(text()?.parse()?),
        "string" => Val::text(text()?),
        "timestamp" => Val::Timestamp(nanos()?),
        "duration" => Val::Duration(i64::try_from(nanos()?)?),
        "list" => {
            let mut values = Vec::new();
            for item in items()? {
                match binding(item)? {
                    VariableValue::Value(value) => values.push(value),
                    left_out => return Ok(left_out),
                }
            }
            if is_mixed(values.iter()) {
                return Ok(VariableValue::LeftOut(UnsupportedSyntax::MixedList));
            }
            Val::list(values)
        }
        "map" => return entries(items()?),
        "bytes" => return Ok(VariableValue::LeftOut(UnsupportedSyntax::Bytes)),
        "uint" => return Ok(VariableValue::LeftOut(UnsupportedSyntax::Uint)),
        "null" => return Ok(VariableValue::LeftOut(UnsupportedSyntax::Null)),
        "type" => return Ok(VariableValue::LeftOut(UnsupportedSyntax::Type)),
        other => bail!("unknown type `{other}`"),
    };
    Ok(VariableValue::Value(value))
}

fn entries(items: &[Json]) -> Result<VariableValue> {
    let mut map = BTreeMap::new();
    for entry in items {
        let (Some(key), Some(value)) = (entry.get(0), entry.get(1)) else {
            bail!("{entry} is not a map entry")
        };
        match (binding(key)?, binding(value)?) {
            (VariableValue::Value(key), VariableValue::Value(value)) => {
                map.insert(key.key().with_context(|| format!("{key} is not a map key"))?, value);
            }
            (VariableValue::LeftOut(construct), _) | (_, VariableValue::LeftOut(construct)) => {
                return Ok(VariableValue::LeftOut(construct));
            }
        }
    }
    let keys: Vec<Val<'_>> = map.keys().map(|key| key.value()).collect();
    if is_mixed(keys.iter()) || is_mixed(map.values()) {
        return Ok(VariableValue::LeftOut(UnsupportedSyntax::MixedMap));
    }
    Ok(VariableValue::Value(Val::Map(Arc::new(map))))
}

fn is_mixed<'v>(values: impl Iterator<Item = &'v Val<'v>>) -> bool {
    use engine::rules::typed::TermType;
    let mut common = TermType::Any;
    for value in values {
        match common.unify(&TermType::of(value)) {
            Some(unified) => common = unified,
            None => return true,
        }
    }
    false
}

/// Returns whether the two are identical to the bit and of the same type, unlike CEL, where 1 equals 1.0.
fn is_same(a: &Val<'_>, b: &Val<'_>) -> bool {
    match (a, b) {
        (Val::Double(a), Val::Double(b)) => a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()),
        (Val::Int(_), Val::Double(_)) | (Val::Double(_), Val::Int(_)) => false,
        (Val::List(a), Val::List(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| is_same(a, b))
        }
        (Val::Map(a), Val::Map(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|((k, a), (l, b))| k == l && is_same(a, b))
        }
        _ => a.equals(b),
    }
}
