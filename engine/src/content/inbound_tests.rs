//! Forms and messages as inbound sales gets them, read with a usual map.

use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::catalogue::Catalogue;
use crate::ids::EventId;

fn map() -> ExtractionMap {
    let catalogue: Catalogue = serde_json::from_value(json!({
        "size": {"type": "integer", "unit": "employees", "min": 1, "max": 5_000_000},
        "budget": {"type": "number", "unit": "euro a year", "min": 0},
        "intent": {"type": "number", "min": 0, "max": 1},
        "decision_maker": {"type": "bool"},
    }))
    .unwrap();
    let file = json!({"map": "inbound", "fields": {
        "size": {"from": "/payload/size", "extract": "range"},
        "budget": {"from": "/payload/budget", "extract": "range", "take": "low", "currency": ["EUR"]},
        "intent": {"from": "/payload/message", "extract": "phrases", "languages": ["en", "de", "fr", "es", "it", "pt", "nl"],
            "phrases": {"demo": 0.8, "pricing": 0.5, "quote": 0.7, "angebot": 0.7, "devis": 0.7, "preise": 0.5,
                "presupuesto": 0.7, "preventivo": 0.7, "orçamento": 0.7, "offerte": 0.7, "talk to sales": 0.75}},
        "decision_maker": {"from": "/payload/role", "extract": "boolean",
            "yes": ["ceo", "cfo", "coo", "cro", "founder", "owner", "vp", "vice president", "head of", "director"],
            "no": ["intern", "student", "assistant", "analyst"]},
    }});
    ExtractionMap::compile(&MapFile::from_json(&file).unwrap(), &catalogue).unwrap()
}

/// Returns what is read from one field, or why it is not.
fn read(map: &ExtractionMap, field: &str, text: &str) -> String {
    let document = json!({"payload": {"size": text, "budget": text, "message": text, "role": text}});
    let event = EventDocument { id: EventId(Uuid::nil()), document: &document };
    let extraction = map.extract(&event, &ExtractionContext::default());
    match extraction.fields.get(field) {
        Some(read) => read.value.to_json().to_string(),
        None => "?".into(),
    }
}

#[test]
fn texts_of_real_life() {
    let map = map();
    let mut wrong = Vec::new();
    for (field, cases) in
        [("size", SIZES), ("budget", BUDGETS), ("intent", MESSAGES), ("decision_maker", ROLES)]
    {
        for (text, right) in cases {
            let read = read(&map, field, text);
            if read != *right {
                wrong.push(format!("{field}: {text}: {read}, not {right}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const SIZES: &[(&str, &str)] = &[
    ("11-50", "31"),
    ("51 - 200", "126"),
    ("201-500 employees", "351"),
    ("10,001+", "10001"),
    ("1.001-5.000 Mitarbeiter", "3001"),
    ("~250", "250"),
    ("ca. 40 MA", "40"),
    ("around 1,200 worldwide", "1200"),
    ("We're a team of 12", "12"),
    ("We are a small agency (8 people)", "8"),
    ("350 (Germany only)", "?"),
    ("3 founders", "?"),
    ("25 FTE + 10 contractors", "?"),
    ("120 employees across 4 offices", "?"),
    ("2 locations", "?"),
    ("over 500 employees", "500"),
    ("between 20 and 30", "25"),
    ("<50", "?"),
    ("SMB (<100)", "?"),
    ("Enterprise 5000+", "?"),
    ("Enterprise (5000+ employees)", "5000"),
    ("1-10 (just me right now)", "?"),
    ("we have 80 employees and 3000 customers", "?"),
    ("100% remote", "?"),
    ("Top 10 in our industry", "?"),
    ("24/7", "?"),
    ("since 1987", "?"),
    ("family business since 1987, 45 employees", "?"),
    ("45 employees, family business since 1987", "?"),
    ("n=45", "?"),
    ("50ish", "?"),
    ("about 50 ppl", "50"),
    ("Gruppe mit ca. 3.000 Mitarbeitern", "3000"),
    ("Konzern, 12.000 MA weltweit", "12000"),
    ("wir sind zu fünft", "?"),
    ("nous sommes une équipe de 15", "15"),
    ("une PME de 60 salariés", "60"),
    ("unos 200 empleados", "200"),
    ("circa 90 dipendenti", "90"),
    ("mais de 300 colaboradores", "300"),
    ("ongeveer 75 medewerkers", "75"),
    ("headcount: 410", "410"),
    ("410 headcount", "410"),
    ("4 (growing to 10)", "?"),
    ("Level 3", "?"),
    ("Q1 2025", "?"),
    ("0", "?"),
    ("5-Oct", "?"),
    ("5/10", "?"),
    ("49 151 23456789", "?"),
    ("1k-5k", "3000"),
    ("5,000 to 10,000 people", "7500"),
];

const BUDGETS: &[(&str, &str)] = &[
    ("€50k", "50000.0"),
    ("50.000 EUR", "50000.0"),
    ("50k-100k €", "50000.0"),
    ("around 20k euros per year", "20000.0"),
    ("€2,000/month", "24000.0"),
    ("2.000 € mtl. zzgl. MwSt.", "24000.0"),
    ("10k", "10000.0"),
    ("10000", "10000.0"),
    ("$50k", "?"),
    ("tbd", "?"),
    ("no budget yet", "?"),
    ("we don't have a budget of 50k €", "?"),
    ("less than €5k", "?"),
    ("€5k max", "?"),
    ("€10k+", "10000.0"),
    ("six figures", "?"),
    ("low 5 figures", "?"),
    ("€15 per user per month", "?"),
    ("€15/user/month for 100 users", "?"),
    ("100-200 € pro Nutzer", "?"),
    ("Budget: 25.000 €", "25000.0"),
    ("budget 25k", "25000.0"),
    ("we spend about 30k € a year on Salesforce", "30000.0"),
    ("approved: 40.000 € for 2026", "?"),
    ("our ARR is €3M", "?"),
    ("€3M in revenue", "?"),
    ("just raised €5M", "?"),
    ("up to 100k€ depending on scope", "?"),
    ("Q3", "?"),
    ("depends", "?"),
    ("between 20 and 30k €", "20000.0"),
    ("zwischen 20.000 und 30.000 Euro", "20000.0"),
    ("3 Monate", "?"),
    ("50k EUR p.a.", "50000.0"),
    ("5.000 € einmalig", "?"),
    ("20 000 € HT", "20000.0"),
    ("12 k€ par an", "12000.0"),
    ("1.500 € al mes", "18000.0"),
    ("call me on 0151 2345678", "?"),
    ("we need it in 2 weeks", "?"),
    ("7500 quarterly", "30000.0"),
];

const MESSAGES: &[(&str, &str)] = &[
    ("Hi, could we schedule a demo next week?", "0.8"),
    ("Please send me a quote for 50 licences.", "0.7"),
    ("I'd like to talk to sales about pricing.", "0.875"),
    ("Not interested in a demo, thanks.", "0.0"),
    ("We are no longer interested in a demo", "0.0"),
    ("Please cancel my demo", "0.0"),
    ("I could not book a demo, your link is broken", "?"),
    ("Your calendar would not let me book a demo", "?"),
    ("I don't want a sales call, just send the pricing please.", "0.5"),
    ("No need for a demo, we know the product. Please send a quote.", "0.7"),
    ("Why is there no pricing on your website?", "?"),
    ("We have no time for a demo this year", "0.0"),
    ("We haven't had a demo yet and would love one", "?"),
    ("My boss said we don't need a demo", "0.0"),
    ("Don't hesitate to send a quote", "0.7"),
    ("Can't wait for the demo!", "0.8"),
    ("Unfortunately the demo was not what we expected", "?"),
    ("Thanks for the demo yesterday. Could you send a quote?", "0.94"),
    ("unsubscribe", "0.0"),
    ("Please remove me from your list, I never asked for a quote", "0.0"),
    ("Do you offer a demo without registration?", "0.8"),
    ("We do not use Salesforce. Can we get a demo?", "0.8"),
    ("We don't use Salesforce but want a demo", "0.8"),
    ("Requested: Demo\nNewsletter: no", "0.8"),
    ("Demo: No\nNewsletter: yes", "0.0"),
    ("Interested in demo? no", "0.0"),
    ("Interested in demo? yes", "0.8"),
    ("Is a demo possible without commitment?", "0.8"),
    ("I have not decided on pricing", "0.0"),
    ("Kein Interesse an einem Angebot", "0.0"),
    ("Wir hätten gerne ein Angebot für 20 Nutzer.", "0.7"),
    ("Bitte schicken Sie uns kein Angebot mehr.", "0.0"),
    ("Wir haben uns gegen eine Demo entschieden.", "0.0"),
    ("Die Demo war gut, bitte senden Sie uns ein Angebot.", "0.94"),
    ("Leider konnte ich auf Ihrer Seite keine Preise finden.", "?"),
    ("Ich wollte eine Demo buchen, aber das Formular geht nicht.", "0.8"),
    ("Ein Angebot ist derzeit nicht nötig.", "0.0"),
    ("Wir verzichten auf ein Angebot.", "0.0"),
    ("Bitte kein Anruf, nur ein Angebot per Mail", "0.7"),
    ("Pouvez-vous m'envoyer un devis ?", "0.7"),
    ("Je n'ai pas besoin d'un devis", "0.0"),
    ("Nous ne souhaitons plus de démo", "0.0"),
    ("Nous n'avons pas encore reçu de devis", "?"),
    ("Merci de ne pas m'envoyer de devis", "0.0"),
    ("Je voudrais un devis sans engagement", "0.7"),
    ("Quisiera un presupuesto para 10 usuarios", "0.7"),
    ("No necesito un presupuesto", "0.0"),
    ("No he recibido el presupuesto", "?"),
    ("Vorrei un preventivo per favore", "0.7"),
    ("Non ci serve un preventivo", "0.0"),
    ("Gostaria de receber um orçamento", "0.7"),
    ("Não precisamos de orçamento", "0.0"),
    ("Graag een offerte voor 5 gebruikers", "0.7"),
    ("Wij hebben geen offerte nodig", "0.0"),
    ("Ik heb de offerte nog niet ontvangen", "?"),
    ("This is not a request for a quote", "0.0"),
    ("I'm not sure whether we need a demo", "?"),
    ("We may not need a demo", "0.0"),
    ("If we do not get a quote today, we will buy elsewhere", "?"),
];

const ROLES: &[(&str, &str)] = &[
    ("CEO", "true"),
    ("Chief Executive Officer & Founder", "true"),
    ("VP Marketing EMEA", "true"),
    ("Sr. VP, Operations", "true"),
    ("SVP", "true"),
    ("Head of IT", "true"),
    ("IT-Leiter", "true"),
    ("Geschäftsführender Gesellschafter", "true"),
    ("Prokurist", "?"),
    ("Directrice marketing", "true"),
    ("Dirigeant", "?"),
    ("Socio fundador", "true"),
    ("Executive Assistant", "false"),
    ("Office Manager", "?"),
    ("Werkstudent", "false"),
    ("Student assistant", "false"),
    ("Interim CEO", "true"),
    ("Deputy CFO", "true"),
    ("Ex-Founder", "?"),
    ("former VP at Globex", "?"),
    ("EA to the CFO", "?"),
    ("I'm helping our CEO find a tool", "?"),
    ("on behalf of the managing director", "?"),
    ("Director, Sales", "true"),
    ("Creative director", "true"),
    ("Assistant to the Vice President", "false"),
    ("Consultant for the owner", "?"),
    ("Co-owner", "true"),
    ("Owner's son", "?"),
    ("Stellvertretender Geschäftsführer", "true"),
    ("Assistenz der Geschäftsführung", "false"),
    ("Assistenz Geschäftsführer", "false"),
    ("CEO-Assistentin", "false"),
    ("Business owner", "true"),
    ("Product owner", "?"),
    ("CFO (decision maker)", "true"),
    ("no decision maker", "false"),
];
