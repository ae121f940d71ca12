use super::*;

#[test]
fn texts_match_after_normalising() {
    let list = ReferenceList::new(["Initech,  Inc.", "Globex", "Café Müller", "", " . "].map(str::to_owned));
    let cases = [
        ("initech, inc", Some("Initech,  Inc.")),
        ("\tINITECH,\u{a0}Inc ...", Some("Initech,  Inc.")),
        ("globex!", Some("Globex")),
        ("CAFE\u{301} MÜLLER", Some("Café Müller")),
        ("Initech", Some("Initech,  Inc.")),
        ("glo bex", None),
        ("", None),
        ("...", None),
    ];
    for (text, entry) in cases {
        assert_eq!(list.contains(text), entry, "{text:?}");
    }
    assert_eq!(list.len(), 3);
}

#[test]
fn lists_are_bounded_by_entries_and_by_bytes() {
    let list = |entries: usize, bytes: usize| ReferenceList {
        text: "x".repeat(bytes),
        ends: vec![0; entries],
        ..ReferenceList::default()
    };
    assert_eq!(list(limits::LIST_ENTRIES, limits::LIST_BYTES).excess(), None);
    let message = "A list can have at most 1000000 entries.";
    assert_eq!(list(limits::LIST_ENTRIES + 1, 0).excess().as_deref(), Some(message));
    let message = "The entries of a list can have at most 24 MiB together.";
    assert_eq!(list(1, limits::LIST_BYTES + 1).excess().as_deref(), Some(message));
}

fn found(entries: &[&str], text: &str) -> Option<String> {
    let list = ReferenceList::new(entries.iter().map(|entry| (*entry).to_owned()));
    list.matched(text).map(|found| {
        let steps: Vec<String> = found.steps.iter().map(ToString::to_string).collect();
        format!("{}: {}", found.entry, steps.join(", "))
    })
}

#[test]
fn companies_are_the_same_without_form_accents_and_signs() {
    let cases = [
        ("Acme GmbH", "ACME", "Acme GmbH: ignoring legal form `gmbh`"),
        ("Acme", "Acme G.m.b.H.", "Acme: ignoring legal form `gmbh`"),
        ("Acme, Inc.", "Acme Incorporated", "Acme, Inc.: ignoring punctuation, ignoring legal form `inc`"),
        (
            "Société Générale S.A.",
            "Societe Generale",
            "Société Générale S.A.: ignoring accents, ignoring legal form `sa`",
        ),
        ("Dupont S.A.S.", "Dupont SAS", "Dupont S.A.S.: "),
        ("Sony K.K.", "株式会社Sony", "Sony K.K.: ignoring legal form `kk`"),
        ("トヨタ株式会社", "トヨタ", "トヨタ株式会社: ignoring legal form `株式会社`"),
        (
            "Müller & Söhne GmbH & Co. KG",
            "Muller and Sohne",
            "Müller & Söhne GmbH & Co. KG: ignoring accents, ignoring punctuation, ignoring legal form `gmbh and co kg`",
        ),
        ("Coca-Cola", "Coca Cola", "Coca-Cola: ignoring punctuation"),
        (
            "Novo Nordisk A/S",
            "Novo Nordisk",
            "Novo Nordisk A/S: ignoring punctuation, ignoring legal form `a s`",
        ),
        ("Foo Sp. z o.o.", "FOO", "Foo Sp. z o.o.: ignoring legal form `sp z oo`"),
        ("ООО Ромашка", "ромашка", "ООО Ромашка: ignoring legal form `ооо`"),
        (
            "Grupo Bimbo, S.A.B. de C.V.",
            "grupo bimbo s.a.b. de c.v.",
            "Grupo Bimbo, S.A.B. de C.V.: ignoring punctuation",
        ),
        ("Atlassian Pty Ltd", "Atlassian Pty. Limited", "Atlassian Pty Ltd: ignoring legal form `pty ltd`"),
    ];
    for (entry, text, expected) in cases {
        assert_eq!(found(&[entry], text).as_deref(), Some(expected), "{entry} / {text}");
    }
}

#[test]
fn domains_belong_to_what_is_registered() {
    let cases = [
        ("acme.co.uk", "mail.acme.co.uk", "acme.co.uk: subdomain of acme.co.uk"),
        ("acme.co.uk", "https://www.Acme.co.uk/about?x=1", "acme.co.uk: domain of the address"),
        ("acme.com", "jane@eu.acme.com", "acme.com: domain of the address, subdomain of acme.com"),
        ("https://acme.com/", "acme.com", "https://acme.com/: domain of the address"),
        ("shop.acme.com", "eu.shop.acme.com", "shop.acme.com: subdomain of shop.acme.com"),
        (
            "müller.de",
            "https://shop.xn--mller-kva.de/",
            "müller.de: domain of the address, subdomain of müller.de",
        ),
        ("xn--mller-kva.de", "mu\u{308}ller.de", "xn--mller-kva.de: "),
        (
            "пример.рф",
            "jane@mail.XN--E1AFMKFD.xn--p1ai",
            "пример.рф: domain of the address, subdomain of пример.рф",
        ),
        ("alice.github.io", "blog.alice.github.io", "alice.github.io: subdomain of alice.github.io"),
    ];
    for (entry, text, expected) in cases {
        assert_eq!(found(&[entry], text).as_deref(), Some(expected), "{entry} / {text}");
    }
    let both = ["acme.com", "eu.acme.com"];
    assert_eq!(found(&both, "x.eu.acme.com").as_deref(), Some("eu.acme.com: subdomain of eu.acme.com"));
}

#[test]
fn legal_forms_of_many_countries_are_ignored() {
    let mut wrong = Vec::new();
    for text in [
        "Acme Sp. z o.o.",
        "Acme Sp. z.o.o.",
        "Acme sp.z.o.o.",
        "Acme spółka z o.o.",
        "Acme Spółka z ograniczoną odpowiedzialnością",
        "Acme S.p.A.",
        "Acme SpA",
        "Acme Oy",
        "Oy Acme Ab",
        "Acme Kft.",
        "Acme d.o.o.",
        "ACME D.O.O.",
        "Acme Pty Ltd",
        "Acme (Pty) Ltd",
        "Acme Pty. Limited",
        "PT Acme",
        "PT. Acme Tbk",
        "PT Acme Tbk.",
        "株式会社Acme",
        "Acme株式会社",
        "(株)Acme",
        "㈱Acme",
        "Acme GmbH i.G.",
        "Acme GmbH i. G.",
        "Acme GmbH in Gründung",
        "Acme GmbH i.L.",
        "Acme Ltd. & Co. KG",
        "Acme GmbH & Co. KG",
        "Acme GmbH & Co.KG",
        "Acme GmbH + Co KG",
        "Acme Ges.m.b.H.",
        "Acme Ges. m. b. H.",
        "Acme GesmbH",
        "Acme mbH",
        "Acme eG",
        "Acme e.G.",
        "Acme e.K.",
        "Acme e. K.",
        "Acme OHG",
        "Acme KGaA",
        "Acme AG & Co. KGaA",
        "Acme SE & Co. KGaA",
        "Acme UG (haftungsbeschränkt)",
        "Acme UG (haftungsbeschränkt) & Co. KG",
        "Acme S.r.l.",
        "Acme S.r.l.s.",
        "Acme S.L.U.",
        "Acme S. L.",
        "Acme Lda.",
        "Acme Ltda",
        "Acme A/S",
        "Acme ApS",
        "Acme AB (publ)",
        "Acme OYJ",
        "Acme OÜ",
        "UAB Acme",
        "UAB „Acme“",
        "SIA Acme",
        "Acme s.r.o.",
        "Acme spol. s r.o.",
        "Acme a.s.",
        "Acme Zrt.",
        "Acme Nyrt.",
        "Acme EOOD",
        "Acme A.Ş.",
        "Acme Ltd. Şti.",
        "Acme San. ve Tic. Ltd. Şti.",
        "ООО Acme",
        "ООО «Acme»",
        "ПАО Acme",
        "Acme LLC",
        "Acme L.L.C.",
        "LLC Acme",
        "JSC Acme",
        "Acme Sdn. Bhd.",
        "Acme Pte. Ltd.",
        "Acme Pvt. Ltd.",
        "Acme Co., Ltd.",
        "Acme Company Limited",
        "주식회사 Acme",
        "(주)Acme",
        "Acme有限公司",
        "Acme股份有限公司",
        "Acme S.A. de C.V.",
        "Acme B.V.",
        "Acme N.V.",
        "Acme SARL",
        "SARL Acme",
        "Acme SASU",
        "Acme S.A.S.",
        "Acme, Inc.",
        "Acme PLC",
        "Acme W.L.L.",
        "Acme FZ-LLC",
        "Acme Sp.k.",
        "Acme Sp. z o.o. Sp.k.",
        "Acme Α.Ε.",
        "Acme Limited Liability Company",
        "Acme Aktiengesellschaft",
    ] {
        if found(&["Acme"], text).is_none() || found(&[text], "Acme").is_none() {
            wrong.push(text);
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn articles_umlauts_and_trade_marks_are_ignored_and_reported() {
    let cases = [
        ("Acme Group", "The Acme Group", "Acme Group: ignoring the article `the`"),
        ("The Acme Group", "Acme Group", "The Acme Group: ignoring the article `the`"),
        ("Acme Group", "Acme Group, The", "Acme Group: ignoring punctuation, ignoring the article `the`"),
        (
            "The Acme Group Ltd",
            "Acme Group",
            "The Acme Group Ltd: ignoring the article `the`, ignoring legal form `ltd`",
        ),
        ("Der Spiegel", "Spiegel", "Der Spiegel: ignoring the article `der`"),
        ("Müller", "Mueller", "Müller: ignoring spelt-out umlauts"),
        ("Mueller", "Müller", "Mueller: ignoring spelt-out umlauts"),
        ("Mueller GmbH", "Müller", "Mueller GmbH: ignoring spelt-out umlauts, ignoring legal form `gmbh`"),
        ("Müller", "Muller", "Müller: ignoring accents"),
        ("Moeller", "Møller", "Moeller: ignoring spelt-out umlauts"),
        ("Moeller", "Möller", "Moeller: ignoring spelt-out umlauts"),
        ("Möller", "Møller", "Möller: "),
        ("Jaeger & Söhne", "Jäger & Soehne", "Jaeger & Söhne: ignoring spelt-out umlauts"),
        ("Aabenraa Vaerft", "Åbenrå Værft", "Aabenraa Vaerft: ignoring spelt-out umlauts"),
        ("Groß", "Gross", "Groß: ignoring accents"),
        ("Acme", "Acme™", "Acme: ignoring punctuation"),
        ("Acme®", "Acme", "Acme®: ignoring punctuation"),
        ("Acme™ GmbH", "acme", "Acme™ GmbH: ignoring punctuation, ignoring legal form `gmbh`"),
        ("Acme", "Ac\u{200b}me", "Acme: "),
        ("Acme", "℠Acme", "Acme: ignoring punctuation"),
    ];
    let mut wrong = Vec::new();
    for (entry, text, expected) in cases {
        let found = found(&[entry], text);
        if found.as_deref() != Some(expected) {
            wrong.push(format!("{entry} / {text}: {found:?}"));
        }
    }
    for (entry, text) in [
        ("Mueller", "Muller"),
        ("Bauer", "Baur"),
        ("Samuel", "Samul"),
        ("The Company", "Company"),
        ("The Gap", "Gap Analytics"),
        ("Group", "The"),
        ("Acme", "Acme Holding"),
        ("El Al", "Al"),
        ("Acme TM", "Acme"),
        ("PT", "Acme"),
        ("PT Acme", "Acme GmbH"),
    ] {
        if let Some(found) = found(&[entry], text) {
            wrong.push(format!("{entry} / {text}: {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

proptest::proptest! {
    #[test]
    fn a_company_is_found_with_any_article_form_and_spelling(
        name in "[b-df-hj-np-tv-z][aiu][b-df-hj-np-tv-z]{2}[äöü][b-df-hj-np-tv-z]{2,6}",
        form in proptest::sample::select(vec!["", " GmbH", " S.p.A.", " Oy", " Kft.", " d.o.o.", " Ltd. & Co. KG", " eG"]),
        article in proptest::sample::select(vec!["", "The ", "Die "]),
        mark in proptest::sample::select(vec!["", "™", "®"]),
    ) {
        let spelt = name.replace('ä', "ae").replace('ö', "oe").replace('ü', "ue");
        let list = ReferenceList::new([name.clone()]);
        for text in [&name, &spelt] {
            let text = format!("{article}{text}{mark}{form}");
            proptest::prop_assert!(list.matched(&text).is_some(), "{} / {}", name, text);
            let other = ReferenceList::new([text.clone()]);
            proptest::prop_assert!(other.matched(&name).is_some(), "{} / {}", text, name);
        }
    }
}

#[test]
fn free_mail_identifies_no_company_unless_confirmed() {
    for domain in
        ["gmail.com", "web.de", "yahoo.co.uk", "hotmail.fr", "GMX.net", "https://gmail.com/", "mail.ru"]
    {
        let list = ReferenceList::new([domain.to_owned(), "acme.com".into()]);
        for text in [domain.to_owned(), format!("jane@{}", domain.trim_matches('/').replace("https://", ""))]
        {
            assert_eq!(list.matched(&text), None, "{text}");
            assert_eq!(list.unconfirmed(&text), Some(domain), "{text}");
        }
        assert!(list.is_unconfirmed(domain));
        assert!(list.matched("jane@acme.com").is_some());
    }
    assert_eq!(
        found(&["*@gmail.com"], "jane@gmail.com").as_deref(),
        Some("*@gmail.com: everyone at gmail.com")
    );
    assert_eq!(found(&["*@gmail.com"], "gmail.com").as_deref(), Some("*@gmail.com: everyone at gmail.com"));
    assert_eq!(found(&["*@gmail.com"], "jane@web.de"), None);
    assert_eq!(found(&["*@acme.com"], "jane@acme.com").as_deref(), Some("*@acme.com: domain of the address"));
    assert_eq!(found(&["*@*", "gmail.com", "web.de"], "gmail.com").as_deref(), Some("gmail.com: "));
    assert_eq!(
        found(&["*@*", "gmail.com"], "jane@gmail.com").as_deref(),
        Some("gmail.com: domain of the address")
    );
    assert_eq!(found(&["*@*"], "jane@acme.com"), None);
    assert_eq!(found(&["jane@gmail.com"], "jane@gmail.com").as_deref(), Some("jane@gmail.com: "));
    assert_eq!(found(&["gmail.company.com"], "gmail.company.com").as_deref(), Some("gmail.company.com: "));
    assert_eq!(found(&["Gmail"], "Gmail Inc").as_deref(), Some("Gmail: ignoring legal form `inc`"));
}

#[test]
fn what_only_looks_alike_does_not_match() {
    for (entry, text) in [
        ("Acme GmbH", "Acme Inc."),
        ("Acme Ltd", "Acme LLC"),
        ("Acme", "Acme Labs"),
        ("SE", "AG"),
        ("AB", "A"),
        ("Inc", "Ltd"),
        ("The Company", "The"),
        ("acme.co.uk", "acme.com"),
        ("acme.co.uk", "notacme.co.uk"),
        ("co.uk", "acme.co.uk"),
        ("github.io", "alice.github.io"),
        ("alice.github.io", "bob.github.io"),
        ("shop.acme.com", "acme.com"),
        ("jane@acme.com", "acme.com"),
        ("jane@acme.com", "bob@acme.com"),
        ("acme.com", "acme.com.evil.net"),
        ("acme.com", "acme"),
        ("Acme", "acme.com"),
        ("ハス", "バス"),
        ("Май", "Маи"),
        ("acme.com", "ftp://acme.com"),
        ("acme.com", "see acme.com"),
    ] {
        assert_eq!(found(&[entry], text), None, "{entry} / {text}");
    }
}

#[test]
fn the_closest_entry_is_returned() {
    let entries = ["Acme Inc", "Acme GmbH", "Ácme"];
    assert_eq!(found(&entries, "ACME GMBH").as_deref(), Some("Acme GmbH: "));
    assert_eq!(found(&entries, "Acme").as_deref(), Some("Acme Inc: ignoring legal form `inc`"));
    assert_eq!(
        found(&entries, "Acme AG").as_deref(),
        Some("Ácme: ignoring accents, ignoring legal form `ag`")
    );
    assert_eq!(found(&["Acme Inc", "Ácme"], "ácme").as_deref(), Some("Ácme: "));
}

#[test]
fn the_first_of_equal_entries_stays() {
    let list = ReferenceList::new(["ACME", "acme.", "Acme"].map(str::to_owned));
    assert_eq!(list.entries().collect::<Vec<_>>(), ["ACME"]);
}

#[test]
fn an_empty_list_contains_nothing() {
    assert_eq!(ReferenceList::default().contains("x"), None);
    assert!(ReferenceList::default().is_empty());
}

#[test]
fn many_entries_are_all_found_and_lean() {
    let name = |i: usize| format!("Company {i:06} GmbH");
    let list = ReferenceList::new((0..100_000).map(name));
    assert_eq!(list.len(), 100_000);
    for i in (0..100_000).step_by(97) {
        assert_eq!(list.contains(&name(i).to_uppercase()), Some(name(i).as_str()));
        assert_eq!(list.contains(&name(i + 100_000)), None);
    }
    let tables = list.table.len() + list.loose().len();
    let bytes = list.text.len() + list.ends.len() * size_of::<usize>() + tables * 4;
    assert!(bytes < 100_000 * (20 + 30), "{bytes} bytes");
}
