use serde_json::json;

use super::*;

/// Returns a field for counts of people, for money, or for a plain number.
fn field(kind: &str) -> FieldDefinition {
    let json = match kind {
        "people" => json!({"type": "integer", "unit": "employees", "min": 0}),
        "money" => json!({"type": "number"}),
        "share" => json!({"type": "number", "min": 0, "max": 1}),
        "percent" => json!({"type": "number", "unit": "percent"}),
        "days" => json!({"type": "integer", "unit": "days"}),
        "licences" => json!({"type": "integer", "unit": "licence packs"}),
        _ => json!({"type": "number"}),
    };
    serde_json::from_value(json).unwrap()
}

fn read(number: &NumberReader, json: &Json) -> Result<(f64, f64), UnreadReason> {
    let source = SourceText::at(json, "").unwrap();
    let reading = number.read(&source)?;
    let [start, end] = reading.span;
    assert!(start < end && end <= source.chars.len(), "{json} {start} {end}");
    Ok((reading.value.to_json().as_f64().unwrap(), reading.confidence))
}

fn one(kind: &str, text: &str) -> Result<(f64, f64), UnreadReason> {
    let currency = if kind == "money" {
        vec!["EUR".into(), "USD".into(), "INR".into(), "CHF".into(), "GBP".into()]
    } else {
        vec![]
    };
    let mut problems = Vec::new();
    let number =
        NumberReader::one(&NumberSettings { currency, decimal: None }, "a", &field(kind), &mut problems);
    assert_eq!(problems, []);
    read(&number, &json!(text))
}

fn range(kind: &str, take: Take, text: &str) -> Result<(f64, f64), UnreadReason> {
    let settings = RangeSettings { take, ..RangeSettings::default() };
    read(&NumberReader::range(&settings, "a", &field(kind), &mut Vec::new()), &json!(text))
}

/// Collects what was read wrongly, so that one run shows all of it.
macro_rules! expect {
    ($wrong:ident, $read:expr, $right:expr, $text:expr) => {
        let (read, right) = ($read, $right);
        if read != right {
            $wrong.push(format!("{}: {read:?}, not {right:?}", $text));
        }
    };
}

#[test]
fn amounts_of_money() {
    let mut wrong: Vec<String> = Vec::new();
    for (text, value, confidence) in [
        ("€50,000", 50_000.0, 0.99),
        ("€50,000.00", 50_000.0, 0.99),
        ("50.000,00 €", 50_000.0, 0.99),
        ("50 000,00 EUR", 50_000.0, 0.99),
        ("CHF 50'000.-", 50_000.0, 0.99),
        ("Fr. 1’500.50", 1_500.5, 0.99),
        ("$50k", 50_000.0, 0.99),
        ("$ 50 K", 50_000.0, 0.99),
        ("50k USD", 50_000.0, 0.99),
        ("US$1.5m", 1_500_000.0, 0.99),
        ("$1.5M USD", 1_500_000.0, 0.99),
        ("USD50", 50.0, 0.99),
        ("EUR5k", 5_000.0, 0.99),
        ("2.5 million euros", 2_500_000.0, 0.99),
        ("1,5 Mio. €", 1_500_000.0, 0.99),
        ("1,5 Millionen Euro", 1_500_000.0, 0.99),
        ("200 Tsd. EUR", 200_000.0, 0.99),
        ("50 T€", 50_000.0, 0.99),
        ("50 TEUR", 50_000.0, 0.99),
        ("TEUR 50", 50_000.0, 0.99),
        ("k€ 50", 50_000.0, 0.99),
        ("50 k€", 50_000.0, 0.99),
        ("3 Mrd. Euro", 3e9, 0.99),
        ("$2bn", 2e9, 0.99),
        ("₹1,00,000", 100_000.0, 0.99),
        ("Rs. 5 lakh", 500_000.0, 0.99),
        ("INR 1.5 crore", 15_000_000.0, 0.99),
        ("2 hundred thousand dollars", 200_000.0, 0.99),
        ("10 grand", 10_000.0, 0.9),
        ("$10.000", 10_000.0, 0.99),
        ("größer als 7€", 7.0, 0.8),
        ("50k this year", 50_000.0, 0.8),
        ("50000", 50_000.0, 0.9),
        ("Budget in EUR: 50000", 50_000.0, 0.9),
        ("approx. $50k", 50_000.0, 0.9),
        ("~50k €", 50_000.0, 0.9),
        ("etwa 50.000,00 Euro", 50_000.0, 0.9),
        ("environ 50 k€", 50_000.0, 0.9),
        ("unos 50.000,00 euros", 50_000.0, 0.9),
        ("our budget is $50k", 50_000.0, 0.9),
        ("over $50k", 50_000.0, 0.8),
        ("$50k+", 50_000.0, 0.8),
        ("mehr als 50k €", 50_000.0, 0.8),
        ("plus de 50k€", 50_000.0, 0.8),
        ("no less than $50k", 50_000.0, 0.8),
        ("500 € p.a.", 500.0, 0.9),
        ("50k€ ohne MwSt", 50_000.0, 0.9),
        ("we hope that we can get something done for $50k this year", 50_000.0, 0.6),
        ("$50 k a year", 50_000.0, 0.9),
        ("5 m €", 5_000_000.0, 0.99),
        ("-$500", -500.0, 0.99),
        ("$-500", -500.0, 0.99),
        ("−500 €", -500.0, 0.99),
        ("£1", 1.0, 0.99),
        ("0 €", 0.0, 0.99),
        ("Rs. 50,000/-", 50_000.0, 0.99),
    ] {
        expect!(wrong, one("money", text), Ok((value, confidence)), text);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn texts_without_an_amount() {
    let mut wrong: Vec<String> = Vec::new();
    for (text, why) in [
        ("no budget", UnreadReason::NoNumber),
        ("fifty thousand", UnreadReason::Unclear),
        ("fifty", UnreadReason::NoNumber),
        ("twenty euros 43", UnreadReason::Unclear),
        ("3 hundred and one", UnreadReason::Unclear),
        ("10 c", UnreadReason::Unclear),
        ("10¢", UnreadReason::Unclear),
        ("42 ringgit", UnreadReason::Currency("MYR".into())),
        ("5 dinars", UnreadReason::Currency("KWD or similar".into())),
        ("several thousand, 50 at least", UnreadReason::Unclear),
        ("¥5000", UnreadReason::Currency("JPY or CNY".into())),
        ("50k SEK", UnreadReason::Currency("SEK".into())),
        ("PLN 5000", UnreadReason::Currency("PLN".into())),
        ("$50k-100k", UnreadReason::Range),
        ("between $50k and $100k", UnreadReason::Range),
        ("$50k or $60k", UnreadReason::SeveralNumbers),
        ("50k in 2026", UnreadReason::SeveralNumbers),
        ("12.05.2024", UnreadReason::Unclear),
        ("12/05/2024", UnreadReason::Unclear),
        ("2/5/2024", UnreadReason::Unclear),
        ("10:30", UnreadReason::SeveralNumbers),
        ("24/7", UnreadReason::SeveralNumbers),
        ("1/2", UnreadReason::SeveralNumbers),
        ("½", UnreadReason::Unclear),
        ("10²", UnreadReason::Unclear),
        ("(500)", UnreadReason::Unclear),
        ("- 500", UnreadReason::Unclear),
        ("500 -", UnreadReason::Unclear),
        ("#5", UnreadReason::Unclear),
        ("3rd", UnreadReason::Unclear),
        ("5x", UnreadReason::Unclear),
        ("24h", UnreadReason::Unclear),
        ("half of 50k", UnreadReason::Unclear),
        ("5 dozen", UnreadReason::Unclear),
        ("50 cents", UnreadReason::Unclear),
        ("50 mil", UnreadReason::Unclear),
        ("5 Billionen €", UnreadReason::Unclear),
        ("1.234 Mio €", UnreadReason::Unclear),
        ("5 करोड़", UnreadReason::Unclear),
        ("5천", UnreadReason::Unclear),
        ("00123", UnreadReason::Unclear),
        ("Fortune 500", UnreadReason::Unclear),
        ("+49 151 1234567", UnreadReason::SeveralNumbers),
        ("1 555 123 4567", UnreadReason::SeveralNumbers),
        ("v2.0.1", UnreadReason::NoNumber),
        ("B2B", UnreadReason::NoNumber),
        ("Q3-2026", UnreadReason::NoNumber),
        ("COVID-19", UnreadReason::Unclear),
        ("5 m long", UnreadReason::Unclear),
        ("Q3", UnreadReason::NoNumber),
        ("not $50k", UnreadReason::Denied),
        ("we do not have $50k", UnreadReason::Denied),
        ("we don't have a budget of 50k €", UnreadReason::Denied),
        ("kein Budget von 50k €", UnreadReason::Denied),
        ("20%", UnreadReason::Percentage),
        ("50 days", UnreadReason::Unit("days".into())),
        ("min 50 max €", UnreadReason::Unclear),
        ("$50 €", UnreadReason::Unclear),
    ] {
        expect!(wrong, one("money", text), Err(why), text);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn counts_of_people() {
    let mut wrong: Vec<String> = Vec::new();
    for (text, value, confidence) in [
        ("200", 200.0, 0.99),
        ("200 employees", 200.0, 0.99),
        ("Employees: 200", 200.0, 0.99),
        ("1,234 employees", 1_234.0, 0.99),
        ("1.234 Mitarbeiter", 1_234.0, 0.99),
        ("1 234 salariés", 1_234.0, confidence::SEPARATOR_OPEN),
        ("1\u{202F}234\u{202F}567", 1_234_567.0, 0.99),
        ("10k", 10_000.0, 0.99),
        ("1.5k employees", 1_500.0, 0.99),
        ("50-person team", 50.0, 0.99),
        ("约50人", 50.0, 0.9),
        ("50명", 50.0, 0.99),
        ("2000 сотрудников", 2_000.0, 0.99),
        ("5万", 50_000.0, 0.99),
        ("2000.0", 2_000.0, 0.99),
        ("une équipe de 50 personnes", 50.0, 0.9),
        ("from 50", 50.0, 0.8),
        ("９０", 90.0, 0.99),
        ("around 50 people or so", 50.0, 0.9),
    ] {
        expect!(wrong, one("people", text), Ok((value, confidence)), text);
    }
    for (text, why) in [
        ("1.5", UnreadReason::NotWhole),
        ("1.5 employees", UnreadReason::NotWhole),
        ("$5M revenue", UnreadReason::Currency("USD or similar".into())),
        ("99999999999999999999", UnreadReason::Identifier),
        ("9 years", UnreadReason::Unit("years".into())),
        ("20 %", UnreadReason::Percentage),
        ("51-200", UnreadReason::Range),
        ("50 employees in 3 offices", UnreadReason::SeveralNumbers),
    ] {
        expect!(wrong, one("people", text), Err(why), text);
    }
    assert_eq!(one("licences", "50 licence packs"), Ok((50.0, 0.99)));
    assert_eq!(one("days", "30 Tage"), Ok((30.0, 0.99)));
    assert_eq!(one("days", "3 months"), Err(UnreadReason::Unit("months".into())));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn percentages() {
    assert_eq!(one("share", "85%"), Ok((0.85, 0.99)));
    assert_eq!(one("share", "0.85"), Ok((0.85, 0.99)));
    assert_eq!(one("percent", "85 %"), Ok((85.0, 0.99)));
    assert_eq!(one("percent", "12,5 Prozent"), Ok((12.5, 0.99)));
    assert_eq!(one("percent", "85"), Ok((85.0, 0.99)));
    assert_eq!(range("share", Take::Low, "10-20%"), Ok((0.1, 0.97)));
}

#[test]
fn json_numbers() {
    let people = NumberReader::one(&NumberSettings::default(), "a", &field("people"), &mut Vec::new());
    let money = NumberReader::one(&NumberSettings::default(), "a", &field("money"), &mut Vec::new());
    assert_eq!(read(&people, &json!(120)), Ok((120.0, 0.99)));
    assert_eq!(read(&people, &json!(120.0)), Ok((120.0, 0.99)));
    assert_eq!(read(&people, &json!(120.5)), Err(UnreadReason::NotWhole));
    assert_eq!(read(&people, &json!(u64::MAX)), Err(UnreadReason::Identifier));
    assert_eq!(read(&people, &json!(1e300)), Err(UnreadReason::Identifier));
    assert_eq!(read(&money, &json!(120.5)), Ok((120.5, 0.99)));
    assert_eq!(read(&money, &json!(true)), Err(UnreadReason::NoNumber));
    assert_eq!(read(&money, &json!(["50"])), Ok((50.0, 0.99)));
}

#[test]
fn numbers_beyond_every_float_are_not_read() {
    assert_eq!(one("plain", "1e400"), Err(UnreadReason::TooLarge));
    assert_eq!(one("plain", "1e308 million"), Err(UnreadReason::TooLarge));
    assert_eq!(one("plain", "1e-400"), Ok((0.0, 0.99)));
}

#[test]
fn the_map_can_say_how_decimals_are_written() {
    let read_as = |decimal, text: &str| {
        let settings = NumberSettings { decimal: Some(decimal), ..NumberSettings::default() };
        read(&NumberReader::one(&settings, "a", &field("plain"), &mut Vec::new()), &json!(text))
    };
    assert_eq!(read_as(DecimalSign::Comma, "1.234"), Ok((1_234.0, 0.99)));
    assert_eq!(read_as(DecimalSign::Point, "1.234"), Ok((1.234, 0.99)));
    assert_eq!(read_as(DecimalSign::Point, "1.234 million"), Ok((1_234_000.0, 0.99)));
    assert_eq!(read_as(DecimalSign::Point, "1,5"), Err(UnreadReason::Unclear));
}

#[test]
fn ranges() {
    let mut wrong: Vec<String> = Vec::new();
    for (text, low, middle, high, confidence) in [
        ("51-200", 51.0, 126.0, 200.0, 0.97),
        ("51-200 employees", 51.0, 126.0, 200.0, 0.97),
        ("51–200 employees", 51.0, 126.0, 200.0, 0.97),
        ("51 — 200", 51.0, 126.0, 200.0, 0.97),
        ("51 to 200", 51.0, 126.0, 200.0, 0.97),
        ("51..200", 51.0, 126.0, 200.0, 0.97),
        ("51 … 200", 51.0, 126.0, 200.0, 0.97),
        ("zw. 51 u. 200 MA", 51.0, 126.0, 200.0, 0.97),
        ("51~200", 51.0, 126.0, 200.0, 0.97),
        ("51～200", 51.0, 126.0, 200.0, 0.97),
        ("1-10", 1.0, 6.0, 10.0, 0.97),
        ("2-9", 2.0, 6.0, 9.0, 0.97),
        ("between 50 and 200", 50.0, 125.0, 200.0, 0.97),
        ("from 50 to 200", 50.0, 125.0, 200.0, 0.97),
        ("50 bis 200 Mitarbeiter", 50.0, 125.0, 200.0, 0.97),
        ("zwischen 50 und 200", 50.0, 125.0, 200.0, 0.97),
        ("von 50 bis 200", 50.0, 125.0, 200.0, 0.97),
        ("entre 50 et 200 salariés", 50.0, 125.0, 200.0, 0.97),
        ("de 50 à 200", 50.0, 125.0, 200.0, 0.97),
        ("entre 50 y 200 empleados", 50.0, 125.0, 200.0, 0.97),
        ("de 50 a 200", 50.0, 125.0, 200.0, 0.97),
        ("tra 50 e 200", 50.0, 125.0, 200.0, 0.97),
        ("tussen 50 en 200", 50.0, 125.0, 200.0, 0.97),
        ("от 50 до 200", 50.0, 125.0, 200.0, 0.97),
        ("50人から200人", 50.0, 125.0, 200.0, 0.97),
        ("50至200人", 50.0, 125.0, 200.0, 0.97),
        ("1,000-5,000", 1_000.0, 3_000.0, 5_000.0, 0.97),
        ("1.001-5.000", 1_001.0, 3_001.0, 5_000.0, 0.97),
        ("10k-50k", 10_000.0, 30_000.0, 50_000.0, 0.97),
        ("10-50k", 10_000.0, 30_000.0, 50_000.0, 0.9),
        ("500-1k", 500.0, 750.0, 1_000.0, 0.97),
        ("51 employees to 200 employees", 51.0, 126.0, 200.0, 0.97),
        ("about 50-200", 50.0, 125.0, 200.0, 0.9),
        ("Company size: 51-200", 51.0, 126.0, 200.0, 0.9),
        ("Company size - 51-200", 51.0, 126.0, 200.0, 0.9),
        ("200-200", 200.0, 200.0, 200.0, 0.97),
        ("0-1", 0.0, 1.0, 1.0, 0.97),
    ] {
        expect!(wrong, range("people", Take::Low, text), Ok((low, confidence)), text);
        expect!(wrong, range("people", Take::Middle, text), Ok((middle, confidence)), text);
        expect!(wrong, range("people", Take::High, text), Ok((high, confidence)), text);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn open_ranges_and_single_numbers() {
    let mut wrong: Vec<String> = Vec::new();
    for (text, value, confidence) in [
        ("1000+", 1_000.0, 0.8),
        ("1000 +", 1_000.0, 0.8),
        ("1,000+ employees", 1_000.0, 0.8),
        ("10k+", 10_000.0, 0.8),
        ("> 500", 500.0, 0.8),
        (">=500", 500.0, 0.8),
        ("≥ 500", 500.0, 0.8),
        ("over 500", 500.0, 0.8),
        ("more than 500 people", 500.0, 0.8),
        ("at least 500", 500.0, 0.8),
        ("500 or more", 500.0, 0.8),
        ("500 employees or more", 500.0, 0.8),
        ("500 and above", 500.0, 0.8),
        ("500 plus", 500.0, 0.8),
        ("mehr als 500", 500.0, 0.8),
        ("ab 500 Mitarbeiter", 500.0, 0.8),
        ("500 und mehr", 500.0, 0.8),
        ("plus de 500 salariés", 500.0, 0.8),
        ("más de 500", 500.0, 0.8),
        ("oltre 500", 500.0, 0.8),
        ("500人以上", 500.0, 0.8),
        ("500名以上", 500.0, 0.8),
        ("50 minimum", 50.0, 0.8),
        ("200", 200.0, 0.99),
        ("about 200", 200.0, 0.9),
        ("self-employed", 1.0, 0.9),
        ("Just me", 1.0, 0.9),
        ("It's just me!", 1.0, 0.9),
        ("Freelancer", 1.0, 0.9),
        ("Einzelunternehmer", 1.0, 0.9),
        ("selbständig", 1.0, 0.9),
        ("indépendant", 1.0, 0.9),
        ("autónomo", 1.0, 0.9),
        ("Self-employed (1)", 1.0, 0.9),
    ] {
        for take in [Take::Low, Take::Middle, Take::High] {
            expect!(wrong, range("people", take, text), Ok((value, confidence)), text);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn texts_without_a_range() {
    let mut wrong: Vec<String> = Vec::new();
    for (text, why) in [
        ("200-51", UnreadReason::Unclear),
        ("51-200-500", UnreadReason::SeveralNumbers),
        ("2024-05-01", UnreadReason::Unclear),
        ("51-200 employees in 3 offices", UnreadReason::SeveralNumbers),
        ("50 and 200", UnreadReason::SeveralNumbers),
        ("50, 200", UnreadReason::SeveralNumbers),
        ("over 50-200", UnreadReason::Unclear),
        ("51-200+", UnreadReason::Unclear),
        ("$10-$20", UnreadReason::Currency("USD or similar".into())),
        ("enterprise", UnreadReason::NoNumber),
        ("hundreds", UnreadReason::Unclear),
        ("not 51-200", UnreadReason::Denied),
        ("1.5-2", UnreadReason::NotWhole),
        ("10k-50", UnreadReason::Unclear),
        ("30 min", UnreadReason::Unclear),
    ] {
        expect!(wrong, range("people", Take::Middle, text), Err(why), text);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn middles_are_exact_and_half_goes_up() {
    assert_eq!(range("plain", Take::Middle, "51-200"), Ok((125.5, 0.97)));
    assert_eq!(range("people", Take::Middle, "-3 to -2"), Ok((-2.0, 0.97)));
    assert_eq!(
        range("licences", Take::Middle, "9223372036854775806-9223372036854775807").map(|(_, sure)| sure),
        Ok(0.97)
    );
    assert_eq!(range("plain", Take::Middle, "€10-20k"), Ok((15_000.0, 0.9)));
    assert_eq!(range("plain", Take::Middle, "1.1 - 1.3"), Ok((1.2, 0.97)));
    assert_eq!(range("plain", Take::Middle, "0.1-0.2 Mio €").map(|(value, _)| value), Ok(150_000.0));
}

#[test]
fn spans_cover_what_was_read() {
    let mut wrong: Vec<String> = Vec::new();
    let span = |text: &str| {
        let json = json!(text);
        let source = SourceText::at(&json, "").unwrap();
        let number = NumberReader::range(&RangeSettings::default(), "a", &field("plain"), &mut Vec::new());
        let [start, end] = number.read(&source).unwrap().span;
        text.chars().skip(start).take(end - start).collect::<String>()
    };
    for (text, evidence) in [
        ("51-200 employees", "51-200"),
        ("é  over € 50 k per year", "over € 50 k"),
        ("We are between 50 and 200 people", "between 50 and 200"),
        ("team of 500 people or more today", "500 people or more"),
        ("Größe: >10", ">10"),
        ("I am self-employed", "self-employed"),
        ("about 50k+ now", "about 50k+"),
    ] {
        expect!(wrong, span(text), evidence, text);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn currencies_are_accepted_in_fields_without_a_unit() {
    assert_eq!(one("plain", "$50k"), Ok((50_000.0, 0.9)));
    assert_eq!(one("plain", "50k"), Ok((50_000.0, 0.99)));
    assert_eq!(one("people", "50 EUR"), Err(UnreadReason::Currency("EUR".into())));
}

/// Reads a budget whose catalogue says what its amounts are for.
fn budget(unit: &str, text: &str) -> Result<(f64, f64), UnreadReason> {
    let field: FieldDefinition =
        serde_json::from_value(json!({"type": "number", "min": 0, "unit": unit})).unwrap();
    let settings = NumberSettings { currency: vec!["EUR".into(), "USD".into()], decimal: None };
    let mut problems = Vec::new();
    let number = NumberReader::one(&settings, "budget", &field, &mut problems);
    assert_eq!(problems, []);
    read(&number, &json!(text))
}

#[test]
fn dates_of_spreadsheets_are_no_sizes() {
    let mut wrong: Vec<String> = Vec::new();
    for text in [
        "10-Jan",
        "2-Oct",
        "10 January",
        "Jan-10",
        "10-Jan-24",
        "Oct-50",
        "10.Jan",
        "10. Januar",
        "10 janv.",
        "2-ott",
        "10-Okt",
        "10-ene",
        "10 de enero",
        "10 of January",
        "January 10",
        "Jan 10, 2024",
        "May-10",
        "10-May",
        "10-mars",
        "Mai-50",
        "10/Jan",
        "3 Sept 2024",
        "12-2024",
        "2024-12",
        "12/2024",
        "2019-2024",
        "2019–2024",
        "Sep 2019",
        "Mar-50",
        "10-Mar",
        "2-Feb",
        "11-dic",
        "1 août",
        "14. März",
    ] {
        for take in [Take::Low, Take::Middle, Take::High] {
            expect!(wrong, range("people", take, text), Err(UnreadReason::Date), text);
        }
        expect!(wrong, one("people", text), Err(UnreadReason::Date), text);
    }
    for text in
        ["1月10日", "10月", "01/10/2024", "2024-01-10", "2024-10-01T00:00:00", "10.01.2024", "1/10", "10:30"]
    {
        expect!(wrong, range("people", Take::Middle, text).is_err(), true, text);
    }
    for (text, value) in [
        ("50 employees since Jan 2019", 50.0),
        ("2000-2050 employees", 2_025.0),
        ("1001-2000", 1_501.0),
        ("1000-2000", 1_500.0),
        ("10-12", 11.0),
        ("2000 employees", 2_000.0),
        ("2024", 2_024.0),
        ("Employees: 2019", 2_019.0),
        ("about 2000", 2_000.0),
        ("team of 2000", 2_000.0),
    ] {
        expect!(wrong, range("people", Take::Middle, text).map(|(value, _)| value), Ok(value), text);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_upper_bound_is_no_value() {
    let mut wrong: Vec<String> = Vec::new();
    for text in [
        "<1000",
        "< 1000",
        "<=1000",
        "≤ 1000",
        "fewer than 1000",
        "less than 1000 employees",
        "up to 50",
        "under 10",
        "below 50",
        "max 50",
        "max. 50",
        "50 max",
        "maximal 50",
        "at most 50",
        "no more than 50",
        "50 or less",
        "10 or fewer",
        "bis zu 50",
        "bis 50",
        "unter 10",
        "weniger als 10",
        "höchstens 50",
        "moins de 10",
        "jusqu'à 50",
        "au maximum 50",
        "menos de 10",
        "hasta 50",
        "como máximo 50",
        "meno di 10",
        "fino a 50",
        "al massimo 50",
        "menos de 50",
        "até 50",
        "no máximo 50",
        "minder dan 50",
        "tot 50",
        "hooguit 50",
        "до 10",
        "10人以下",
        "50人未満",
        "50명 이하",
    ] {
        expect!(wrong, range("people", Take::High, text), Err(UnreadReason::Bound), text);
        expect!(wrong, one("people", text), Err(UnreadReason::Bound), text);
    }
    for text in
        ["up to $50k", "bis zu 50k€", "max. 50k €", "50k € max", "lower than 7€", "not more than $50k"]
    {
        expect!(wrong, one("money", text), Err(UnreadReason::Bound), text);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn numbers_about_something_else_are_not_read() {
    let mut wrong: Vec<String> = Vec::new();
    for text in [
        "founded 2019",
        "founded in 2019",
        "est. 1998",
        "established 1998",
        "since 2010",
        "in 2019",
        "seit 2010",
        "gegründet 2015",
        "fondée en 2015",
        "depuis 2015",
        "fundada en 2015",
        "fondata nel 2015",
        "dal 2015",
        "desde 2015",
        "sinds 2015",
        "FY2023",
        "© 2019",
        "500 customers",
        "500 Kunden",
        "500 clients",
        "20 stores",
        "3 offices",
        "12 countries",
        "40 Standorte",
        "Option 2",
        "option 2",
        "Choice 3",
        "Band 4",
        "Tier 2",
        "ID 4711",
        "No. 5",
        "Nr. 5",
        "#5",
        "SOC 2",
        "ISO 27001",
        "Office 365",
        "Room 12",
        "[50,100]",
        "(50,100]",
        "[5,10]",
        "{50,100}",
        "[50, 100]",
        "50;100",
        "50|100",
        "we are hiring 50 people",
        "hired 50 people",
        "laid off 50 employees",
        "we will grow to 80",
        "growing from 50 to 80",
        "we plan to grow from 50 to 80",
        "von 50 auf 80",
        "we were 50 people last year",
        "4915112345678",
        "1.23457E+18",
        "+1 555 0100",
        "50 per office",
        "call me at 5",
        "aged 30",
        "PLZ 10115",
        "Series 7",
        "Kundennummer 4711",
        "grew by 30",
        "grew 30%",
        "50 employees lost",
    ] {
        for take in [Take::Low, Take::Middle, Take::High] {
            let read = range("people", take, text);
            expect!(wrong, read.is_err(), true, format!("{text} {read:?}"));
        }
    }
    for (text, value) in [
        ("grew from 50 to 80", 80.0),
        ("We grew from 50 to 80 employees", 80.0),
        ("we have grown from 50 to 80 people", 80.0),
        ("went from 80 to 50", 50.0),
        ("shrunk from 80 to 50 people", 50.0),
        ("von 50 auf 80 gewachsen", 80.0),
        ("passés de 50 à 80 salariés", 80.0),
        ("hemos crecido de 50 a 80 empleados", 80.0),
        ("siamo cresciuti da 50 a 80 dipendenti", 80.0),
        ("crescemos de 50 para 80", 80.0),
        ("gegroeid van 50 naar 80", 80.0),
        ("grown to 80 from 50", 80.0),
        ("grew to 80", 80.0),
        ("50 highly skilled employees", 50.0),
        ("50 full-time employees", 50.0),
        ("currently 50", 50.0),
        ("we are 50", 50.0),
        ("Wir sind 50", 50.0),
        ("50 in total", 50.0),
        ("50 people in Berlin", 50.0),
        ("No of employees: 50", 50.0),
        ("No. of employees 50", 50.0),
        ("Number of employees: 50", 50.0),
        ("Option: 50 employees", 50.0),
        ("[51-200]", 126.0),
        ("HR: 50 employees", 50.0),
        ("1,000", 1_000.0),
    ] {
        expect!(wrong, range("people", Take::Middle, text).map(|(value, _)| value), Ok(value), text);
    }
    let list = |json: Json| {
        read(&NumberReader::range(&RangeSettings::default(), "a", &field("people"), &mut Vec::new()), &json)
    };
    assert_eq!(list(json!([50, 100])), Err(UnreadReason::SeveralNumbers));
    assert_eq!(list(json!(["50,100"])).map(|(value, _)| value), Ok(50_100.0));
    assert_eq!(list(json!([50])).map(|(value, _)| value), Ok(50.0));
    assert_eq!(list(json!(1.23457e18)), Err(UnreadReason::Identifier));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_name_of_a_field_can_say_what_it_counts() {
    let named = |name: &str, text: &str| {
        let field: FieldDefinition = serde_json::from_value(json!({"type": "integer"})).unwrap();
        read(&NumberReader::one(&NumberSettings::default(), name, &field, &mut Vec::new()), &json!(text))
    };
    assert_eq!(named("company_size", "500 customers"), Err(UnreadReason::Unit("customers".into())));
    assert_eq!(named("customers", "500 customers"), Ok((500.0, 0.99)));
    assert_eq!(named("customer_count", "500 customers").map(|(value, _)| value), Ok(500.0));
    assert_eq!(named("timeframe_days", "3 months"), Err(UnreadReason::Unit("months".into())));
    assert_eq!(named("timeframe_days", "30 days"), Ok((30.0, 0.99)));
    assert_eq!(named("timeframe", "3 months"), Err(UnreadReason::Unit("months".into())));
    assert_eq!(named("size", "500 clients"), Err(UnreadReason::Unit("clients".into())));
    assert_eq!(named("size", "Option 2"), Err(UnreadReason::Label("option".into())));
    assert_eq!(named("monthly_active_users", "20000000 users"), Ok((20_000_000.0, 0.99)));
}

#[test]
fn rates_are_converted_or_not_read() {
    let mut wrong: Vec<String> = Vec::new();
    for (text, value) in [
        ("€50k/yr", 50_000.0),
        ("€50k / yr", 50_000.0),
        ("USD 20,000 per year", 20_000.0),
        ("€50k p.a.", 50_000.0),
        ("€50k per annum", 50_000.0),
        ("50k € a year", 50_000.0),
        ("50.000 € pro Jahr", 50_000.0),
        ("50.000 € jährlich", 50_000.0),
        ("50.000 € im Jahr", 50_000.0),
        ("50 000 € par an", 50_000.0),
        ("50 000 €/an", 50_000.0),
        ("50 000 € annuels", 50_000.0),
        ("50.000 € al año", 50_000.0),
        ("50.000 € anuales", 50_000.0),
        ("50.000 € all'anno", 50_000.0),
        ("50.000 € annui", 50_000.0),
        ("50.000 € por ano", 50_000.0),
        ("50.000 € per jaar", 50_000.0),
        ("annual budget €50k", 50_000.0),
        ("Jahresbudget: 50.000 €", 50_000.0),
        ("€50k annually", 50_000.0),
        ("€50k/a", 50_000.0),
    ] {
        expect!(wrong, budget("EUR", text).map(|(value, _)| value), Ok(value), text);
        expect!(wrong, budget("euro a year", text).map(|(value, _)| value), Ok(value), text);
    }
    for (text, year) in [
        ("€5k pm", 60_000.0),
        ("€5k p.m.", 60_000.0),
        ("€5k mtl.", 60_000.0),
        ("€5k/mo", 60_000.0),
        ("€5k per month", 60_000.0),
        ("€5k a month", 60_000.0),
        ("€5k monthly", 60_000.0),
        ("€5k/month", 60_000.0),
        ("5.000 € monatlich", 60_000.0),
        ("5.000 € pro Monat", 60_000.0),
        ("5.000 €/Monat", 60_000.0),
        ("5.000 € im Monat", 60_000.0),
        ("5 000 € par mois", 60_000.0),
        ("5 000 €/mois", 60_000.0),
        ("5 000 € mensuels", 60_000.0),
        ("5.000 € al mes", 60_000.0),
        ("5.000 € mensuales", 60_000.0),
        ("5.000 € al mese", 60_000.0),
        ("5.000 € mensili", 60_000.0),
        ("5.000 € por mês", 60_000.0),
        ("5.000 € mensais", 60_000.0),
        ("5.000 € per maand", 60_000.0),
        ("€5k per quarter", 20_000.0),
        ("€5k quarterly", 20_000.0),
        ("5.000 € pro Quartal", 20_000.0),
        ("monthly budget: €5k", 60_000.0),
        ("€5k every month", 60_000.0),
    ] {
        expect!(wrong, budget("euro a year", text), Ok((year, confidence::CONVERTED)), text);
        expect!(wrong, matches!(budget("EUR", text), Err(UnreadReason::Rate(_))), true, text);
    }
    assert_eq!(budget("EUR/month", "€60k a year"), Ok((5_000.0, confidence::CONVERTED)));
    assert_eq!(budget("EUR/month", "€50k a year"), Ok((4_166.67, confidence::CONVERTED)));
    assert_eq!(budget("EUR/month", "€5k pm").map(|(value, _)| value), Ok(5_000.0));
    for text in [
        "5 figures",
        "five figures",
        "six figures",
        "high 5 figures",
        "6-figure budget",
        "5-stellig",
        "fünfstellig",
        "5 chiffres",
        "5 cifras",
        "5 cifre",
        "€5k per week",
        "€500 per day",
        "€150/h",
        "€90 per hour",
        "€20 per user",
        "€20/user/month",
        "€20 per seat per month",
        "€20 pro Nutzer",
        "€20 each",
        "our revenue is €5M",
        "5 Mio. € Umsatz",
        "€2M ARR in revenue",
        "raised $5M",
        "$5M funding",
        "call me at 5",
        "we need 3 of these",
        "4915112345678",
        "€5k for licences per month",
        "half of €50k",
        "€50k or €60k",
        "€50k over two years",
        "5 pm",
    ] {
        let read = budget("euro a year", text);
        expect!(wrong, read.is_err(), true, format!("{text} {read:?}"));
    }
    assert_eq!(budget("EUR", "CHF 20,000 per year"), Err(UnreadReason::Currency("CHF".into())));
    assert_eq!(budget("EUR", "£20,000 p.a."), Err(UnreadReason::Currency("GBP or EGP or LBP".into())));
    assert_eq!(range_budget("€5k-10k pm"), Ok((90_000.0, confidence::CONVERTED)));
    assert_eq!(range_budget("5.000 bis 10.000 € im Jahr").map(|(value, _)| value), Ok(7_500.0));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn range_budget(text: &str) -> Result<(f64, f64), UnreadReason> {
    let field: FieldDefinition =
        serde_json::from_value(json!({"type": "number", "unit": "euro a year"})).unwrap();
    let settings = RangeSettings { currency: vec!["EUR".into()], ..RangeSettings::default() };
    read(&NumberReader::range(&settings, "budget", &field, &mut Vec::new()), &json!(text))
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    fn value(text: &str) -> Result<f64, UnreadReason> {
        range("people", Take::Middle, text).map(|(value, _)| value)
    }

    proptest! {
        #[test]
        fn a_number_of_employees_is_read_whatever_it_is(n in 1..5_000_000_u32) {
            for text in [
                format!("{n} employees"), format!("Employees: {n}"), format!("we are {n} people"), format!("{n}"),
                format!("Wir sind {n} Mitarbeiter"), format!("{n} salariés"), format!("ca. {n} MA"),
            ] {
                prop_assert_eq!(value(&text), Ok(f64::from(n)), "{}", text);
            }
        }

        #[test]
        fn an_upper_bound_is_never_a_value(n in 1..5_000_000_u32, bound in prop::sample::select(vec![
            "<", "< ", "<= ", "≤", "up to ", "less than ", "fewer than ", "under ", "below ", "at most ", "no more than ",
            "bis zu ", "weniger als ", "maximal ", "moins de ", "jusqu'à ", "menos de ", "hasta ", "meno di ", "até ",
        ])) {
            prop_assert_eq!(value(&format!("{bound}{n}")), Err(UnreadReason::Bound));
            prop_assert_eq!(value(&format!("{bound}{n} employees")), Err(UnreadReason::Bound));
        }

        #[test]
        fn other_things_are_never_employees(n in 1..5_000_000_u32, thing in prop::sample::select(vec![
            "customers", "clients", "Kunden", "stores", "offices", "Standorte", "countries", "projects", "vehicles",
            "days", "months", "years", "EUR", "USD", "%", "km", "sites", "leads",
        ])) {
            let read = value(&format!("{n} {thing}"));
            prop_assert!(read.is_err(), "{} {}: {:?}", n, thing, read);
        }

        #[test]
        fn a_date_is_never_a_size(day in 1..32_u32, year in 1990..2040_u32, month in prop::sample::select(vec![
            "Jan", "Feb", "Apr", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "January", "Okt", "Dez", "août", "enero",
        ])) {
            for text in [
                format!("{day}-{month}"), format!("{month}-{day}"), format!("{day} {month}"), format!("{day}. {month} {year}"),
                format!("{month} {year}"), format!("{day}-{month}-{year}"), format!("founded {year}"), format!("since {year}"),
            ] {
                let read = value(&text);
                prop_assert!(read.is_err(), "{}: {:?}", text, read);
            }
        }

        #[test]
        fn a_month_is_a_twelfth_of_a_year(n in 1..1_000_000_u32, rate in prop::sample::select(vec![
            "pm", "/month", "/mo", "per month", "a month", "monthly", "mtl.", "monatlich", "pro Monat", "par mois", "al mes",
        ])) {
            prop_assert_eq!(budget("EUR/year", &format!("€{n} {rate}")), Ok((f64::from(n) * 12.0, confidence::CONVERTED)));
            let unconverted = budget("EUR", &format!("€{n} {rate}"));
            prop_assert!(unconverted.is_err());
        }
    }
}
