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

#[test]
fn amounts_of_money() {
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
        ("lower than 7€", 7.0, 0.8),
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
        ("bis zu 50k€", 50_000.0, 0.8),
        ("max. 50k €", 50_000.0, 0.8),
        ("50k € max", 50_000.0, 0.8),
        ("up to $50k", 50_000.0, 0.8),
        ("not more than $50k", 50_000.0, 0.8),
        ("no less than $50k", 50_000.0, 0.8),
        ("$5k per month", 5_000.0, 0.6),
        ("$5k/month", 5_000.0, 0.6),
        ("500 € p.a.", 500.0, 0.6),
        ("50k€ ohne MwSt", 50_000.0, 0.9),
        ("we hope that we can get something done for $50k this year", 50_000.0, 0.6),
        ("$50 k a year", 50_000.0, 0.6),
        ("5 m €", 5_000_000.0, 0.99),
        ("-$500", -500.0, 0.99),
        ("$-500", -500.0, 0.99),
        ("−500 €", -500.0, 0.99),
        ("£1", 1.0, 0.99),
        ("0 €", 0.0, 0.99),
        ("Rs. 50,000/-", 50_000.0, 0.99),
        ("$5k / month", 5_000.0, 0.6),
    ] {
        assert_eq!(one("money", text), Ok((value, confidence)), "{text}");
    }
}

#[test]
fn texts_without_an_amount() {
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
        ("2/5/2024", UnreadReason::SeveralNumbers),
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
        assert_eq!(one("money", text), Err(why), "{text}");
    }
}

#[test]
fn counts_of_people() {
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
        ("50-person team", 50.0, 0.9),
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
        assert_eq!(one("people", text), Ok((value, confidence)), "{text}");
    }
    for (text, why) in [
        ("1.5", UnreadReason::NotWhole),
        ("1.5 employees", UnreadReason::NotWhole),
        ("$5M revenue", UnreadReason::Currency("USD or similar".into())),
        ("99999999999999999999", UnreadReason::TooLarge),
        ("9 years", UnreadReason::Unit("years".into())),
        ("20 %", UnreadReason::Percentage),
        ("51-200", UnreadReason::Range),
        ("50 employees in 3 offices", UnreadReason::SeveralNumbers),
    ] {
        assert_eq!(one("people", text), Err(why), "{text}");
    }
    assert_eq!(one("licences", "50 licence packs"), Ok((50.0, 0.99)));
    assert_eq!(one("days", "30 Tage"), Ok((30.0, 0.99)));
    assert_eq!(one("days", "3 months"), Err(UnreadReason::Unit("months".into())));
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
    assert_eq!(read(&people, &json!(u64::MAX)), Err(UnreadReason::TooLarge));
    assert_eq!(read(&people, &json!(1e300)), Err(UnreadReason::TooLarge));
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
        assert_eq!(range("people", Take::Low, text), Ok((low, confidence)), "{text}");
        assert_eq!(range("people", Take::Middle, text), Ok((middle, confidence)), "{text}");
        assert_eq!(range("people", Take::High, text), Ok((high, confidence)), "{text}");
    }
}

#[test]
fn open_ranges_and_single_numbers() {
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
        ("under 10", 10.0, 0.8),
        ("<10", 10.0, 0.8),
        ("< 10 employees", 10.0, 0.8),
        ("less than 10", 10.0, 0.8),
        ("up to 10", 10.0, 0.8),
        ("weniger als 10", 10.0, 0.8),
        ("bis 10", 10.0, 0.8),
        ("bis zu 10 Mitarbeiter", 10.0, 0.8),
        ("moins de 10", 10.0, 0.8),
        ("menos de 10", 10.0, 0.8),
        ("до 10", 10.0, 0.8),
        ("10人以下", 10.0, 0.8),
        ("10 or fewer", 10.0, 0.8),
        ("50 minimum", 50.0, 0.8),
        ("max 50", 50.0, 0.8),
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
            assert_eq!(range("people", take, text), Ok((value, confidence)), "{text}");
        }
    }
}

#[test]
fn texts_without_a_range() {
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
        assert_eq!(range("people", Take::Middle, text), Err(why), "{text}");
    }
}

#[test]
fn middles_are_exact_and_half_goes_up() {
    assert_eq!(range("plain", Take::Middle, "51-200"), Ok((125.5, 0.97)));
    assert_eq!(range("people", Take::Middle, "-3 to -2"), Ok((-2.0, 0.97)));
    assert_eq!(
        range("people", Take::Middle, "9223372036854775806-9223372036854775807").map(|(_, sure)| sure),
        Ok(0.97)
    );
    assert_eq!(range("plain", Take::Middle, "€10-20k"), Ok((15_000.0, 0.9)));
    assert_eq!(range("plain", Take::Middle, "1.1 - 1.3"), Ok((1.2, 0.97)));
    assert_eq!(range("plain", Take::Middle, "0.1-0.2 Mio €").map(|(value, _)| value), Ok(150_000.0));
}

#[test]
fn spans_cover_what_was_read() {
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
        ("Größe: <10", "<10"),
        ("I am self-employed", "self-employed"),
        ("about 50k+ now", "about 50k+"),
    ] {
        assert_eq!(span(text), evidence, "{text}");
    }
}

#[test]
fn currencies_are_accepted_in_fields_without_a_unit() {
    assert_eq!(one("plain", "$50k"), Ok((50_000.0, 0.9)));
    assert_eq!(one("plain", "50k"), Ok((50_000.0, 0.99)));
    assert_eq!(one("people", "50 EUR"), Err(UnreadReason::Currency("EUR".into())));
}
