use proptest::prelude::*;

use super::*;

fn at(text: &str, format: &TimeFormat) -> Result<(String, TimePrecision), TimeProblem> {
    read(text, format).map(|read| (super::super::stamp(read.at), read.precision))
}

#[test]
fn forms_of_one_instant() {
    use TimePrecision::{Exact, Local};
    for (text, precision) in [
        ("2023-05-01T14:03:00Z", Exact),
        ("2023-05-01t14:03:00z", Exact),
        ("2023-05-01T14:03:00.000+0000", Exact),
        ("2023-05-01T16:03:00.000+0200", Exact),
        ("2023-05-01T14:03:00+00", Exact),
        ("2023-05-01 14:03:00+00", Exact),
        ("2023-05-01 14:03:00.000 UTC", Exact),
        ("2023-05-01 14:03:00 +0000 UTC", Exact),
        ("20230501T140300Z", Exact),
        ("2023-05-01T14:03Z", Exact),
        ("Mon, 01 May 2023 14:03:00 GMT", Exact),
        ("Mon, 1 May 2023 10:03:00 -0400", Exact),
        ("Mon May 01 2023 16:03:00 GMT+0200 (Central European Summer Time)", Exact),
        ("01/May/2023:14:03:00 +0000", Exact),
        ("2023-05-01 14:03", Local),
        ("2023-05-01T14:03:00,000", Local),
        ("2023/05/01 14:03:00", Local),
        ("May 1, 2023 2:03 PM", Local),
        ("May 1, 2023, 2:03:00\u{202f}PM", Local),
        ("May 1, 2023 at 2:03 p.m.", Local),
        ("1 May 2023 14:03", Local),
        ("1st May 2023, 14:03", Local),
        ("1-May-2023 14:03", Local),
        ("Monday, May 1st, 2023 2:03 pm", Local),
        ("01.05.2023 14:03", Local),
        ("1.5.23 14:03", Local),
    ] {
        let expected = ("2023-05-01T14:03:00.000000Z".to_owned(), precision);
        assert_eq!(at(text, &TimeFormat::default()), Ok(expected), "{text}");
    }
    assert_eq!(at("12:30 2023-05-01", &TimeFormat::default()), Err(TimeProblem::NotATime));
    let midnight = at("May 1, 2023 12:05 AM", &TimeFormat::default()).unwrap().0;
    assert_eq!(midnight, "2023-05-01T00:05:00.000000Z");
}

#[test]
fn days_and_numbers() {
    use TimePrecision::{Day, Number};
    let expected = |at: &str, precision| Ok((format!("{at}.000000Z"), precision));
    let read = |text| at(text, &TimeFormat::default());
    for text in ["2023-05-01", "2023/5/1", "01.05.2023", "May 1, 2023", "1 May 2023", "05/05/2023"] {
        let day = if text == "05/05/2023" { "2023-05-05T00:00:00" } else { "2023-05-01T00:00:00" };
        assert_eq!(read(text), expected(day, Day), "{text}");
    }
    assert_eq!(read("45047.58"), expected("2023-05-01T13:55:12", Number));
    assert_eq!(read("45047,58"), expected("2023-05-01T13:55:12", Number));
    assert_eq!(read("45047"), expected("2023-05-01T00:00:00", Number));
    assert_eq!(read("20230501"), expected("2023-05-01T00:00:00", Number));
    assert_eq!(read("1682949780"), expected("2023-05-01T14:03:00", Number));
    assert_eq!(read("1682949780000"), expected("2023-05-01T14:03:00", Number));
    assert_eq!(read("1682949780.5"), Ok(("2023-05-01T14:03:00.500000Z".into(), Number)));
    let plain = TimeFormat { numbers: false, ..TimeFormat::default() };
    for text in ["45047.58", "20230501", "1682949780"] {
        assert_eq!(at(text, &plain), Err(TimeProblem::NotATime), "{text}");
    }
    let berlin = TimeFormat { zone: Tz::Europe__Berlin, ..TimeFormat::default() };
    assert_eq!(at("45047.5", &berlin), expected("2023-05-01T10:00:00", Number));
}

#[test]
fn day_and_month_are_not_guessed() {
    let with = |order| TimeFormat { order, ..TimeFormat::default() };
    let day = |text, order| at(text, &with(order)).map(|(at, _)| at[..10].to_owned());
    for text in ["01/05/2023 14:03", "1/5/2023", "01-05-2023", "24/11/19", "1/5/23"] {
        assert_eq!(day(text, None), Err(TimeProblem::Ambiguous), "{text}");
    }
    assert_eq!(day("24/11/2019", None).as_deref(), Ok("2019-11-24"));
    assert_eq!(day("11/24/2019", None).as_deref(), Ok("2019-11-24"));
    assert_eq!(day("01/05/2023 14:03", Some(DateOrder::DayFirst)).as_deref(), Ok("2023-05-01"));
    assert_eq!(day("01/05/2023 2:03 PM", Some(DateOrder::MonthFirst)).as_deref(), Ok("2023-01-05"));
    assert_eq!(day("23/05/01", Some(DateOrder::YearFirst)).as_deref(), Ok("2023-05-01"));
    assert_eq!(day("2023/05/01", Some(DateOrder::DayFirst)).as_deref(), Ok("2023-05-01"));
    assert_eq!(day("24/11/2019", Some(DateOrder::MonthFirst)), Err(TimeProblem::NotATime));
    for (text, order) in [
        ("DD/MM/YYYY", DateOrder::DayFirst),
        ("dd.mm.yyyy hh:mm", DateOrder::DayFirst),
        ("%m/%d/%Y", DateOrder::MonthFirst),
        ("YYYY-MM-DD", DateOrder::YearFirst),
        ("mdy", DateOrder::MonthFirst),
    ] {
        assert_eq!(text.parse(), Ok(order), "{text}");
    }
    assert!("day".parse::<DateOrder>().is_err() && "".parse::<DateOrder>().is_err());
    assert!(TimeProblem::Ambiguous.sentence("01/05/2023").contains("--date-format"));
}

#[test]
fn other_texts_are_no_times() {
    for text in [
        "",
        "soon",
        "2026",
        "2026-13-01",
        "2026-02-30",
        "12026-11-22",
        "+2026-11-22",
        "2026-11-22 or later",
        "tomorrow",
        "２０２６-11-22",
        "2026-11-22T",
        "2026-11-22T25:00",
        "2026-11-22 9",
        "Marchy 1, 2023",
        "2023-05-01T14:03:00 EST",
        "2023-05-01 +02:00",
        "May 2023",
        "0/0/2023",
        "13:00",
        "2023-05-01 14:60",
        "2023-05-01 13:00 PM",
        "99999",
        "1.2.3.4",
        "-45047",
    ] {
        assert_eq!(at(text, &TimeFormat::default()), Err(TimeProblem::NotATime), "{text}");
    }
}

#[test]
fn a_time_without_a_zone_is_one_of_the_chosen_zone() {
    let read =
        |text, zone| read(text, &TimeFormat { zone, ..TimeFormat::default() }).unwrap().at.to_rfc3339();
    let berlin = Tz::Europe__Berlin;
    assert_eq!(read("2026-11-02 09:00", Tz::UTC), "2026-11-02T09:00:00+00:00");
    assert_eq!(read("2026-11-02 09:00", berlin), "2026-11-02T08:00:00+00:00");
    assert_eq!(read("2026-07-02", berlin), "2026-07-01T22:00:00+00:00");
    assert_eq!(read("2026-07-02T09:00:00Z", berlin), "2026-07-02T09:00:00+00:00");
    // Clocks go forward at two, and back at three.
    assert_eq!(read("2026-03-29 02:30", berlin), "2026-03-29T01:30:00+00:00");
    assert_eq!(read("2026-10-25 02:30", berlin), "2026-10-25T00:30:00+00:00");
}

proptest! {
    #[test]
    fn no_text_breaks_the_reader(text in ".{0,40}") {
        let _ = read(&text, &TimeFormat::default());
    }

    #[test]
    fn a_written_instant_is_read(seconds in 0_i64..4_000_000_000, form in 0_usize..5) {
        let at = DateTime::from_timestamp(seconds, 0).unwrap();
        let forms = ["%Y-%m-%dT%H:%M:%S%z", "%a, %d %b %Y %H:%M:%S %z", "%B %-d, %Y %-I:%M:%S %p", "%d.%m.%Y %H:%M:%S", "%Y/%m/%d %H:%M:%S"];
        let text = at.format(forms[form]).to_string();
        prop_assert_eq!(read(&text, &TimeFormat::default()).map(|read| read.at), Ok(at), "{}", text);
    }
}
