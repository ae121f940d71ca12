//! Fuzzes everything that reads text: conditions, rule-set files, tables, lists and leads. No input may crash
//! the program, and anything written must be read back unchanged.

use std::collections::BTreeMap;

use chrono::DateTime;
use engine::catalogue::Catalogue;
use engine::rules::simulate::{SimulationNotice, SimulationInput, SimulationError};
use engine::rules::{ReferenceList, RuleSetFile, Simulation, Table, parse, unparse};
use engine::tabular::TextTable;
use engine::time::TimeFormat;

use crate::{places, seeds};

/// Returns conditions, rule sets as YAML and as tables, lists and leads.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> =
        seeds::conditions().iter().map(|text| seeds::prefixed(b'c', text)).collect();
    for file in seeds::rule_sets() {
        seeds.extend(file.to_yaml().ok().map(|text| seeds::prefixed(b'y', &text)));
        seeds.extend(file.to_table().ok().map(|text| seeds::prefixed(b't', &text)));
    }
    for text in [
        "id;country;size;pool;tags;min_confidence.size;action\nbig;DE, AT;>= 200;dach;hot, new;0.8;\n;;;;;;nurture\n",
        "country \\ size,< 50,50..999,>= 1000\nDE,smb-dach,mid-dach,ent-dach\n\"FR, BE\",,mid-west,ent-west\n-,,,world\n",
        "country,size,vip,action,when,parameter.note\n\"DE, AT\",>= 5,false,hold,size > 3,1\nnot(FR),5..9,,hold,,a\n",
    ] {
        seeds.push(seeds::prefixed(b't', text));
    }
    for text in ["company\nAcme\n\"Initech; Inc.\"\n", "\u{feff}id;Company\r\n1;\"Said \"\"Globex\"\"\"\r\n"]
    {
        seeds.push(seeds::prefixed(b'l', text));
    }
    let leads =
        "company,size,size__confidence,vip,seen,source\nAcme,5,0.5,yes,2026-01-01T00:00:00Z,chat\n,,,,,\n";
    seeds.push(seeds::prefixed(b's', leads));
    seeds
}

/// The first byte selects the reader of the rest.
pub fn run(bytes: &[u8]) {
    let Some((reader, bytes)) = bytes.split_first() else { return };
    match (reader, std::str::from_utf8(bytes)) {
        (b'l', _) => list(bytes),
        (b's', _) => leads(bytes),
        (b'y', Ok(text)) => file(text),
        (b't', Ok(text)) => table(text),
        (_, Ok(text)) => condition(text),
        (_, Err(_)) => {}
    }
}

fn condition(text: &str) {
    let (tree, problems) = parse(text);
    places::assert_located(text, &problems);
    let Some(tree) = tree else {
        assert!(!problems.is_empty(), "{text:?} has no tree and no problem");
        return;
    };
    let written = unparse(&tree);
    if problems.is_empty() && written.len() <= engine::limits::EXPRESSION_BYTES {
        let (again, problems) = parse(&written);
        assert!(problems.is_empty(), "{text:?} was written as {written:?}: {problems:?}");
        assert_eq!(again.as_ref(), Some(&tree), "{text:?} was written as {written:?}");
        assert_eq!(again.as_ref().map(unparse), Some(written), "for {text:?}");
    }
}

fn file(text: &str) {
    let file = match RuleSetFile::from_yaml(text) {
        Ok(file) => file,
        Err(problems) => {
            assert!(!problems.is_empty(), "{text:?} is rejected without a problem");
            return places::assert_located(text, &problems);
        }
    };
    if let Err(problems) = file.compile() {
        places::assert_located_in_file(&file, &problems);
    }
    places::assert_located_in_file(&file, &file.check());
    file.pools();
    let table = file.to_table();
    let Ok(written) = file.to_yaml() else { return };
    let again = RuleSetFile::from_yaml(&written);
    let again = again.unwrap_or_else(|problems| panic!("{written:?} is not read back: {problems:?}"));
    // Compares as text, because NaN does not equal itself.
    assert_eq!(again.to_yaml().as_ref(), Ok(&written), "for {text:?}");
    assert_eq!(again.to_table(), table, "for {text:?}");
}

fn table(text: &str) {
    if let Ok(table) = Table::read(text) {
        let written = table.write();
        let again = Table::read(&written);
        assert_eq!(again.as_ref(), Ok(&table), "{text:?} was written as {written:?}");
        assert_eq!(table.fields(), again.map(|table| table.fields()).unwrap_or_default());
        typed(text, table.fields());
    }
    typed(text, Catalogue::default());
}

/// Tests a rule set over these fields, and its table: the rules and their texts must be the same.
fn typed(text: &str, fields: Catalogue) {
    let file = match RuleSetFile::from_table("t", text, fields.clone(), BTreeMap::new()) {
        Ok(file) => file,
        Err(problems) => return places::assert_located(text, &problems),
    };
    if let Err(problems) = file.compile() {
        places::assert_located_in_file(&file, &problems);
        return;
    }
    let Ok(written) = file.to_table() else { return };
    let again = RuleSetFile::from_table("t", &written, fields, BTreeMap::new());
    let again = again.unwrap_or_else(|problems| panic!("{text:?} was written as {written:?}: {problems:?}"));
    assert_eq!(again.to_table().as_ref(), Ok(&written), "for {text:?}");
}

fn list(bytes: &[u8]) {
    let (list, problems) = ReferenceList::from_csv(bytes);
    places::assert_located("", &problems);
    for entry in list.entries() {
        assert!(list.contains(entry).is_some(), "{entry:?} is not found in its list");
    }
    assert_eq!(list.is_empty(), list.entries().next().is_none());
}

fn leads(bytes: &[u8]) {
    let Ok(rules) = LEADS.with(Clone::clone) else { return };
    let compiled = rules.compile();
    let Ok(compiled) = &compiled else { panic!("the rules for leads do not compile: {compiled:?}") };
    let lists = rules.reference_lists();
    let setup =
        SimulationInput { rules: compiled, catalogue: &rules.fields, lists: &lists, as_of: DateTime::UNIX_EPOCH };
    let mut rejected = 0_usize;
    let tell = |notice| rejected += usize::from(matches!(notice, SimulationNotice::Rejected(_)));
    let Ok(Ok(table)) = TextTable::of_text(bytes, None) else { return };
    match Simulation::run(&setup, table, TimeFormat::default(), tell) {
        Ok(counts) => {
            let decided =
                counts.default + counts.held + counts.rules.iter().map(|rule| rule.count).sum::<u64>();
            assert_eq!(decided, counts.total);
            assert!(rejected + decided as usize <= bytes.len());
        }
        Err(SimulationError::Invalid(problems)) => assert!(!problems.is_empty()),
        Err(SimulationError::Unreadable(_)) => {}
    }
}

thread_local! {
    /// Rules that use a field of each type.
    static LEADS: Result<RuleSetFile, ()> = RuleSetFile::from_yaml(
        "rule_set: leads
fields:
  company: {type: string}
  size: {type: integer, min_confidence: 0.5}
  budget: {type: number}
  vip: {type: bool}
  seen: {type: timestamp}
  source: {type: enum, values: [chat, web]}
lists: {tam: [Acme, Globex]}
rules:
  - {id: a, when: 'company in lists.tam && size > 3', then: [advance]}
  - {id: b, when: 'vip && budget < 2.5', then: [reject]}
  - {id: c, when: 'seen < as_of || source == \"chat\"', then: [nurture]}
default: hold
").map_err(|_| ());
}
