//! Currencies by code, sign and name.

/// Every code that a map can use.
pub(in super::super) const CODES: [&str; 65] = [
    "AED", "ARS", "AUD", "BDT", "BGN", "BHD", "BRL", "CAD", "CHF", "CLP", "CNY", "COP", "CRC", "CZK", "DKK",
    "DOP", "DZD", "EGP", "EUR", "GBP", "GEL", "GHS", "HKD", "HRK", "HUF", "IDR", "ILS", "INR", "ISK", "JOD",
    "JPY", "KES", "KRW", "KWD", "KZT", "LBP", "LKR", "MAD", "MXN", "MYR", "NGN", "NOK", "NZD", "OMR", "PEN",
    "PHP", "PKR", "PLN", "QAR", "RON", "RSD", "RUB", "SAR", "SEK", "SGD", "THB", "TND", "TRY", "TWD", "TZS",
    "UAH", "USD", "UYU", "VND", "ZAR",
];

/// The currencies that a sign or word can mean: one code, or several that share a sign.
pub(in super::super) type CurrencyCodes = &'static [&'static str];

/// Returns the currencies that a sign such as `$` can mean.
pub(super) fn of_sign(c: char) -> Option<CurrencyCodes> {
    Some(match c {
        '€' => &["EUR"],
        '$' | '＄' => &["USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "TWD", "ARS", "CLP", "COP", "UYU"],
        '£' | '￡' => &["GBP", "EGP", "LBP"],
        '¥' | '￥' => &["JPY", "CNY"],
        '₹' => &["INR"],
        '₽' => &["RUB"],
        '₩' => &["KRW"],
        '₪' => &["ILS"],
        '₺' => &["TRY"],
        '₴' => &["UAH"],
        '₫' => &["VND"],
        '฿' => &["THB"],
        '₦' => &["NGN"],
        '₱' => &["PHP"],
        '₸' => &["KZT"],
        '₾' => &["GEL"],
        '₡' => &["CRC"],
        _ => return None,
    })
}

/// Returns the currencies for the letters before a dollar sign, `US$`.
pub(super) fn of_dollar(letters: &str) -> Option<CurrencyCodes> {
    Some(match letters {
        "us" | "u" => &["USD"],
        "c" | "ca" | "can" | "cdn" => &["CAD"],
        "a" | "au" => &["AUD"],
        "nz" => &["NZD"],
        "s" | "sg" => &["SGD"],
        "hk" => &["HKD"],
        "nt" => &["TWD"],
        "mx" | "mex" => &["MXN"],
        "r" => &["BRL"],
        _ => return None,
    })
}

/// Returns the currencies that a word can mean, given in lower case and without accents. Codes that are common
/// words in lower case (`try`, `mad`) count only in capitals.
pub(super) fn of_word(folded: &str, capitals: bool) -> Option<CurrencyCodes> {
    Some(match folded {
        "eur" | "euro" | "euros" | "евро" => &["EUR"],
        "usd" => &["USD"],
        "dollar" | "dollars" | "dolares" | "dolar" | "dollari" | "bucks" => of_sign('$')?,
        "gbp" | "quid" | "sterling" => &["GBP"],
        "pound" | "pounds" | "pfund" => of_sign('£')?,
        "chf" | "sfr" | "franken" | "francs" | "franc" | "franchi" | "fr" => &["CHF"],
        "inr" => &["INR"],
        "rs" | "rupees" | "rupee" => &["INR", "PKR", "LKR"],
        "jpy" | "yen" | "円" => &["JPY"],
        "cny" | "rmb" | "yuan" | "元" => &["CNY"],
        "cad" => &["CAD"],
        "aud" => &["AUD"],
        "nzd" => &["NZD"],
        "sgd" => &["SGD"],
        "hkd" => &["HKD"],
        "sek" => &["SEK"],
        "nok" => &["NOK"],
        "dkk" => &["DKK"],
        "kr" | "kronor" | "kroner" => &["SEK", "NOK", "DKK", "ISK"],
        "pln" | "zl" | "zloty" | "zlotych" => &["PLN"],
        "czk" | "kc" => &["CZK"],
        "huf" | "forint" => &["HUF"],
        "ron" | "lei" => &["RON"],
        "brl" | "reais" => &["BRL"],
        "mxn" => &["MXN"],
        "zar" | "rand" => &["ZAR"],
        "aed" => &["AED"],
        "dinar" | "dinars" => &["KWD", "BHD", "JOD", "TND", "RSD", "DZD"],
        "riyal" | "riyals" | "rial" | "rials" => &["SAR", "QAR", "OMR"],
        "ringgit" | "ringgits" => &["MYR"],
        "peso" | "pesos" => &["MXN", "ARS", "CLP", "COP", "PHP", "UYU", "DOP"],
        "lira" | "liras" => &["TRY"],
        "shekel" | "shekels" | "nis" => &["ILS"],
        "koruna" | "korun" => &["CZK"],
        "baht" => &["THB"],
        "naira" => &["NGN"],
        "hryvnia" | "hryvnias" => &["UAH"],
        "leva" | "lev" => &["BGN"],
        "dirham" | "dirhams" => &["AED", "MAD"],
        "rub" | "руб" | "рублеи" => &["RUB"],
        _ if capitals => {
            let at = CODES.iter().position(|code| code.eq_ignore_ascii_case(folded))?;
            CODES.get(at..=at)?
        }
        _ => return None,
    })
}

/// Returns the power of ten and the currency of words such as `TEUR`, `kEUR` or `MUSD`.
pub(super) fn of_scaled_word(folded: &str) -> Option<(i32, CurrencyCodes)> {
    let power = match folded.chars().next()? {
        't' | 'k' => 3,
        'm' => 6,
        _ => return None,
    };
    const SCALED: [&str; 9] = ["eur", "usd", "chf", "gbp", "kr", "sek", "nok", "dkk", "inr"];
    let word = folded.get(1..).filter(|word| SCALED.contains(word))?;
    Some((power, of_word(word, false)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_meaning_is_a_known_code() {
        assert!(CODES.is_sorted());
        for c in "€$£¥₹₽₩₪₺₴₫฿₦₱₸₾₡".chars() {
            assert!(of_sign(c).unwrap().iter().all(|code| CODES.contains(code)), "{c}");
        }
        for word in
            ["euro", "dollars", "pounds", "fr", "rs", "yen", "rmb", "kr", "zl", "lei", "reais", "rand", "руб"]
        {
            assert!(of_word(word, false).unwrap().iter().all(|code| CODES.contains(code)), "{word}");
        }
    }

    #[test]
    fn codes_that_are_words_need_capitals() {
        assert_eq!(of_word("try", false), None);
        assert_eq!(of_word("try", true), Some(&["TRY"][..]));
        assert_eq!(of_word("eur", false), Some(&["EUR"][..]));
        assert_eq!(of_scaled_word("teur"), Some((3, &["EUR"][..])));
        assert_eq!(of_scaled_word("mkr").map(|(power, _)| power), Some(6));
        assert_eq!(of_scaled_word("тeur"), None);
        assert_eq!(of_word("foo", true), None);
    }
}
