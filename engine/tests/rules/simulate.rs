//! Tests simulations over a file of leads: counts, rejected lines and their location, and memory use.

use std::io::{self, Read};

use chrono::DateTime;
use engine::problem::Problem;
use engine::rules::simulate::{RejectedLead, SimulationError, SimulationInput, SimulationNotice};
use engine::rules::{RuleSetFile, Simulation};
use engine::tabular::TextTable;
use engine::time::TimeFormat;

const RULES: &str = r#"
rule_set: inbound-form
fields: {intent_confidence: {type: number, min: 0, max: 1}, company: {type: string}, company_size: {type: integer, unit: employees},
         source: {type: enum, values: [chat, web_form, referral]}, timeframe_days: {type: integer, missing: unknown},
         decision_maker: {type: bool}, seen_at: {type: timestamp}}
lists: {tam: [Initech, Globex]}
rules:
  - {id: tam-high-intent, when: 'intent_confidence > 0.85 && company in lists.tam', then: [{assign: {pool: enterprise-ae, meeting: intro}}]}
  - {id: marked, when: decision_maker, then: [{tag: marked}]}
  - {id: referral, when: 'source == "referral"', then: [advance], min_confidence: {source: 0.8}, risk: [quota]}
  - {id: fresh, when: 'has(seen_at) && seen_at >= as_of', then: [nurture]}
default: hold
"#;

fn run(leads: impl Read) -> Result<(Simulation, Vec<SimulationNotice>), Vec<Problem>> {
    let file = RuleSetFile::from_yaml(RULES)?;
    let rules = file.compile()?;
    let lists = file.reference_lists();
    let setup = SimulationInput {
        rules: &rules,
        catalogue: &file.fields,
        lists: &lists,
        as_of: DateTime::UNIX_EPOCH,
    };
    let mut notices = Vec::new();
    let unreadable = |error: io::Error| vec![Problem::at("", error.to_string())];
    let table = TextTable::of_text(leads, None).map_err(unreadable)?.map_err(|problem| vec![problem])?;
    let tell = |notice| {
        if !matches!(notice, SimulationNotice::Recognized(_)) {
            notices.push(notice);
        }
    };
    let simulation =
        Simulation::run(&setup, table, TimeFormat::default(), tell).map_err(|error| match error {
            SimulationError::Invalid(problems) => problems,
            SimulationError::Unreadable(error) => unreadable(error),
        })?;
    Ok((simulation, notices))
}

fn simulated(leads: &str) -> (Simulation, Vec<SimulationNotice>) {
    run(leads.as_bytes()).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn counts(simulation: &Simulation) -> [u64; 6] {
    let rules: Vec<u64> = simulation.rules.iter().map(|rule| rule.count).collect();
    assert_eq!(simulation.default + simulation.held + rules.iter().sum::<u64>(), simulation.total);
    [simulation.total, simulation.default, simulation.held, rules[0], rules[1], rules[2]]
}

/// Returns the rejected lines with their problems.
fn rejected(notices: &[SimulationNotice]) -> Vec<(u64, Vec<String>)> {
    let line = |notice: &SimulationNotice| match notice {
        SimulationNotice::Rejected(RejectedLead { line, problems }) => {
            Some((*line, problems.iter().map(Problem::to_string).collect()))
        }
        _ => None,
    };
    notices.iter().filter_map(line).collect()
}

#[test]
fn counts_add_up_and_look_as_promised() {
    let (simulation, notices) = simulated(
        "company,intent_confidence,source,source__confidence,decision_maker,seen_at
initech.,0.9,chat,,yes,
Globex,0.9,referral,1,,
Acme,0.9,referral,0.8,true,
Acme,0.9,referral,0.79,false,
Acme,0.5,,,,
,0.5,chat,,,
,0.9,chat,,,
Acme,0.1,chat,,,1970-01-01T01:00:00+01:00
Acme,0.1,chat,,,1969-12-31T23:59:59Z
",
    );
    assert_eq!(notices, vec![]);
    assert_eq!(counts(&simulation), [9, 2, 3, 2, 1, 1]);
    let json = serde_json::to_string(&simulation).expect("counts are JSON");
    assert_eq!(
        json,
        r#"{"total":9,"default":2,"held":3,"rules":[{"id":"tam-high-intent","action":"assign","count":2},{"id":"referral","action":"advance","count":1},{"id":"fresh","action":"nurture","count":1}]}"#
    );
}

#[test]
fn semicolons_bom_crlf_and_quotes_are_read() {
    let (simulation, notices) = simulated(
        "\u{feff}intent_confidence;\"company\";source\r\n0.9;\"Initech\";chat\r\n0.9;\"a;b\";referral\r\n",
    );
    assert_eq!((counts(&simulation), notices), ([2, 0, 0, 1, 1, 0], vec![]));
}

#[test]
fn bad_lines_are_rejected_with_line_and_column_and_stop_nothing() {
    let (simulation, notices) = simulated(
        "id,company_size,intent_confidence,source,timeframe_days__confidence,timeframe_days,decision_maker,seen_at\r
1,many,0.9,chat,,,,\r
\r
2,5,1.5,refferal,,,,\r
3,5,0.1,chat,2,9,maybe,yesterday\r
4,5\r
5,5,0.1,chat,,,,\r
6,5.5,inf,chat,,,,",
    );
    // A row that ends early has no value in the cells that are missing.
    assert_eq!(counts(&simulation), [2, 1, 1, 0, 0, 0]);
    assert_eq!(notices[0], SimulationNotice::Ignored(vec!["id".into()]));
    let text = |line: u64, problems: &[&str]| {
        (line, problems.iter().map(|problem| (*problem).to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(
        rejected(&notices),
        [
            text(2, &["/company_size: `many` is not a value of type integer."]),
            text(
                4,
                &[
                    "/intent_confidence: 1.5 is out of range (0 to 1).",
                    "/source: `refferal` is not a value of type enum. Did you mean `referral`?"
                ]
            ),
            text(
                5,
                &[
                    "/decision_maker: `maybe` is not a value of type bool.",
                    "/seen_at: `yesterday` is not a value of type timestamp.",
                    "/timeframe_days__confidence: `2` is not a confidence between 0 and 1."
                ]
            ),
            text(
                8,
                &[
                    "/company_size: `5.5` is not a value of type integer.",
                    "/intent_confidence: `inf` is not a value of type number."
                ]
            ),
        ]
    );
}

#[test]
fn a_quote_that_is_never_closed_hides_no_lead() {
    let (simulation, notices) = simulated("company,source\nAcme,\"referral\nAcme,referral\nAcme,referral\n");
    assert_eq!(counts(&simulation)[0], 2);
    let found = rejected(&notices);
    assert_eq!((found.len(), found[0].0), (1, 2));
    assert!(found[0].1[0].contains("opened on line 2 is not closed"), "{found:?}");
}

#[test]
fn what_spreadsheets_write_is_understood() {
    let text = "company;intent_confidence;seen_at;source;\r\nInitech;0,9;01.05.2023 14:03;chat;\r\n;;;;\r\nGrün;0,2;45047,58;referral\r\n";
    let (windows, _, _) = encoding_rs::WINDOWS_1252.encode(text);
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [text.as_bytes(), &windows[..], &utf16[..], format!("sep=;\r\n{text}").as_bytes()] {
        let (simulation, notices) = run(bytes).unwrap();
        assert_eq!(counts(&simulation), [2, 0, 0, 1, 1, 0], "{notices:?}");
        assert_eq!(notices, [SimulationNotice::Blank(1)]);
    }
}

#[test]
fn a_date_that_could_be_two_is_rejected_with_a_remedy() {
    let (_, notices) = simulated("company,seen_at\nAcme,01/05/2023 14:03\n");
    let found = rejected(&notices);
    assert!(found[0].1[0].starts_with("/seen_at: ") && found[0].1[0].contains("--date-format"), "{found:?}");
}

#[test]
fn files_without_a_usable_header_are_refused() {
    let messages =
        |leads: &str| run(leads.as_bytes()).unwrap_err().iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(messages(""), ["No column matches a field."]);
    assert_eq!(messages("compani,name\n"), ["No column matches a field. Did you mean `company`?"]);
    assert_eq!(messages("company,source,company\n"), ["/company: Column `company` exists twice."]);
}

#[test]
fn a_line_without_an_end_is_refused_in_bounded_memory() {
    let endless = || io::repeat(b'x').take(1 << 40);
    for start in ["company\nInitech\n\"", "company\nInitech\n", "", "company"] {
        let problems = run(start.as_bytes().chain(endless())).expect_err("it has no end");
        assert_eq!(
            problems[0].message,
            format!("line {} is longer than 1 MiB; a quote may be unclosed", start.matches('\n').count() + 1),
            "{start:?}"
        );
    }
}

#[test]
fn many_leads_stream_through() {
    let lines = (0..200_000).flat_map(|i| format!("Company {i},0.{},chat\n", i % 10).into_bytes());
    struct Stream<I>(I);
    impl<I: Iterator<Item = u8>> Read for Stream<I> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = buffer.len().min(1_000);
            Ok(buffer[..count].iter_mut().zip(&mut self.0).map(|(place, byte)| *place = byte).count())
        }
    }
    let (simulation, _) = run("company,intent_confidence,source\n".as_bytes().chain(Stream(lines)))
        .expect("it is a file of leads");
    assert_eq!(counts(&simulation), [200_000, 200_000, 0, 0, 0, 0]);
}

#[test]
fn a_failing_reader_is_reported() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let problems = run("company\nAcme\n".as_bytes().chain(Broken)).expect_err("it fails");
    assert_eq!(problems[0].message, "the disk is gone");
}
