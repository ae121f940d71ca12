use super::super::words::words_of;
use super::*;

/// Returns the phrases found, with `-` before those that are denied and `?` before those that are unclear.
fn read(code: &str, text: &str) -> String {
    let book = Phrasebook::of([
        ("demo|démo|demostración", "demo"),
        ("pricing|preise|quote|angebot|devis|presupuesto|preventivo|orçamento|offerte", "pricing"),
        ("book a demo", "book"),
    ]);
    let words = words_of(text);
    let hits = book.find(&words);
    let stances = Negation::of([code]).stances(&words, &hits);
    let shown = hits.iter().zip(stances).map(|(hit, stance)| match stance {
        Stance::Affirmed => (*hit.value).to_owned(),
        Stance::Denied => format!("-{}", hit.value),
        Stance::Unclear => format!("?{}", hit.value),
    });
    shown.collect::<Vec<_>>().join(" ")
}

#[test]
fn denials() {
    let mut wrong: Vec<String> = Vec::new();
    for (code, text, expected) in [
        ("en", "We are not interested in a demo", "-demo"),
        ("en", "No demo please", "-demo"),
        ("en", "no demo, pricing or anything", "-demo -pricing"),
        ("en", "no demo but pricing", "-demo pricing"),
        ("en", "We don’t need a demo, just pricing", "-demo pricing"),
        ("en", "I do not want to book a demo", "-book"),
        ("en", "I don't think we need a demo", "-demo"),
        ("en", "A demo is not needed. Pricing is.", "-demo pricing"),
        ("en", "demo not needed, pricing please", "-demo pricing"),
        ("en", "We have no budget. Can we see a demo?", "demo"),
        ("en", "No, I would like a demo", "demo"),
        ("en", "Why not show us a demo", "demo"),
        ("en", "Not only a demo, also pricing", "demo pricing"),
        ("en", "Please don't hesitate to book a demo", "book"),
        ("en", "can't wait for the demo", "demo"),
        ("en", "I did not see anything on your long web page about pricing", "?pricing"),
        ("en", "pricing rather than a demo", "pricing -demo"),
        ("en", "neither a demo nor pricing", "-demo -pricing"),
        ("de", "Wir möchten keine Demo", "-demo"),
        ("de", "Demo brauchen wir nicht", "-demo"),
        ("de", "Demo nicht gewünscht, pricing schon", "-demo pricing"),
        ("de", "Wir brauchen nicht nur eine Demo", "demo"),
        ("fr", "Nous ne voulons pas de demo", "-demo"),
        ("fr", "Pourquoi pas une demo", "demo"),
        ("es", "No queremos una demo", "-demo"),
        ("es", "no dude en enviar una demo", "demo"),
        ("it", "non vogliamo una demo", "-demo"),
        ("pt", "não queremos uma demo", "-demo"),
        ("nl", "we willen geen demo", "-demo"),
        ("nl", "demo is niet nodig", "-demo"),
        ("en", "It is not necessary to send a quote", "-pricing"),
        ("en", "We decline to book a demo", "-book"),
        ("en", "Book a demo: no", "-book"),
        ("en", "Book a demo: No\nPricing: yes", "-book pricing"),
        ("en", "Book a demo? No.", "-book"),
        ("en", "Book a demo = false", "-book"),
        ("en", "Book a demo - no", "-book"),
        ("en", "Would you like to book a demo with our team: no", "-book"),
        ("en", "[ ] Book a demo\n[x] Pricing", "-book pricing"),
        ("en", "☐ Book a demo ☑ Pricing", "-book pricing"),
        ("en", "Book a demo: ❌", "-book"),
        ("en", "Book a demo: ✓", "book"),
        ("en", "Book a demo: yes", "book"),
        ("en", "Book a demo? Maybe later", "?book"),
        ("en", "We are no longer interested in a demo", "-demo"),
        ("en", "I'm not interested, please do not send a quote", "-pricing"),
        ("en", "We do not at this point in time wish to book a demo", "-book"),
        ("en", "Please cancel the demo", "-demo"),
        ("en", "I want to opt out of the demo", "-demo"),
        ("en", "We have no intention to book a demo", "-book"),
        ("en", "There is no need to send us a quote", "-pricing"),
        ("en", "A demo of the product is not needed", "-demo"),
        ("en", "We'd rather skip the demo", "-demo"),
        ("en", "thanks but no demo", "-demo"),
        ("en", "not looking for a demo", "-demo"),
        ("de", "Kein Interesse an einem Angebot", "-pricing"),
        ("de", "Wir haben kein Interesse, eine Demo zu buchen", "-demo"),
        ("de", "Wir verzichten auf eine Demo", "-demo"),
        ("de", "Auf eine Demo verzichten wir", "-demo"),
        ("de", "Wir möchten die Demo nicht mehr", "-demo"),
        ("de", "Eine Demo ist nicht mehr nötig", "-demo"),
        ("de", "An einer Demo sind wir derzeit nicht interessiert", "-demo"),
        ("de", "Bitte kein Angebot schicken", "-pricing"),
        ("de", "Es besteht kein Bedarf an einer Demo", "-demo"),
        ("de", "Wir lehnen eine Demo ab", "-demo"),
        ("de", "Bitte die Demo stornieren", "-demo"),
        ("de", "Demo: nein", "-demo"),
        ("de", "Wir brauchen weder eine Demo noch ein Angebot", "-demo -pricing"),
        ("fr", "Je n'ai pas besoin d'un devis", "-pricing"),
        ("fr", "Nous ne souhaitons plus de démo", "-demo"),
        ("fr", "Je ne souhaite plus recevoir de devis", "-pricing"),
        ("fr", "La démo ne nous intéresse pas", "-demo"),
        ("fr", "Nous renonçons à la démo", "-demo"),
        ("fr", "Merci d'annuler la démo", "-demo"),
        ("fr", "Aucun intérêt pour une démo", "-demo"),
        ("fr", "Démo : non", "-demo"),
        ("fr", "ni démo ni devis", "-demo -pricing"),
        ("es", "No necesitamos un presupuesto", "-pricing"),
        ("es", "Ya no queremos la demo", "-demo"),
        ("es", "No estamos interesados en una demo", "-demo"),
        ("es", "La demo no nos interesa", "-demo"),
        ("es", "Por favor cancelen la demo", "-demo"),
        ("es", "Demo: no", "-demo"),
        ("it", "Non siamo più interessati a una demo", "-demo"),
        ("it", "Non abbiamo bisogno di un preventivo", "-pricing"),
        ("it", "La demo non ci interessa", "-demo"),
        ("it", "Rinunciamo alla demo", "-demo"),
        ("it", "Demo: no", "-demo"),
        ("pt", "Não precisamos de um orçamento", "-pricing"),
        ("pt", "Já não queremos a demo", "-demo"),
        ("pt", "Não temos interesse numa demo", "-demo"),
        ("pt", "A demo não nos interessa", "-demo"),
        ("pt", "Dispensamos a demo", "-demo"),
        ("nl", "Wij hebben geen interesse in een demo", "-demo"),
        ("nl", "Wij hebben geen behoefte aan een offerte", "-pricing"),
        ("nl", "We zien af van een demo", "-demo"),
        ("nl", "Een demo hoeft niet", "-demo"),
        ("nl", "We willen de demo niet meer", "-demo"),
        ("nl", "Demo: nee", "-demo"),
    ] {
        if read(code, text) != expected {
            wrong.push(format!("{text}: {}, not {expected}", read(code, text)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_could_not_be_done_is_no_refusal() {
    let mut wrong: Vec<String> = Vec::new();
    for (code, text, expected) in [
        ("en", "I could not book a demo, your link is broken", "?book"),
        ("en", "I couldn't book a demo", "?book"),
        ("en", "I was not able to book a demo", "?book"),
        ("en", "Unable to book a demo on your site", "book"),
        ("en", "I tried to book a demo but it did not work", "book"),
        ("en", "Your site would not let me book a demo", "?book"),
        ("en", "I can't find your pricing", "?pricing"),
        ("en", "We have not received a quote", "?pricing"),
        ("en", "I never got the quote I asked for", "?pricing"),
        ("en", "We have not yet booked a demo", "demo"),
        ("en", "Can't we get a demo?", "?demo"),
        ("en", "Is there no demo?", "?demo"),
        ("en", "Don't you offer a demo?", "?demo"),
        ("en", "We won't buy without a demo", "?demo"),
        ("en", "We don't want to miss the demo", "?demo"),
        ("en", "Do not cancel the demo", "?demo"),
        ("en", "If we don't get a demo by Friday we go elsewhere", "?demo"),
        ("en", "Pricing is not clear to me", "?pricing"),
        ("en", "We have no CRM and would like a demo", "demo"),
        ("en", "We have no sales team and pricing matters", "pricing"),
        ("en", "Not sure which plan fits, can we see a demo", "demo"),
        ("en", "It wouldn't hurt to see a demo", "demo"),
        ("en", "Can I book a demo? No credit card at hand", "book"),
        ("de", "Ich konnte leider keine Demo buchen", "?demo"),
        ("de", "Die Demo konnte ich nicht buchen", "?demo"),
        ("de", "Leider habe ich keine Preise gefunden", "?pricing"),
        ("de", "Gibt es keine Demo?", "?demo"),
        ("de", "Wir haben noch keine Demo gesehen", "?demo"),
        ("de", "Warum nicht gleich eine Demo", "demo"),
        ("de", "Wir kaufen nicht ohne Demo", "?demo"),
        ("de", "Wir haben kein CRM und möchten eine Demo", "demo"),
        ("fr", "Je n'ai pas pu réserver de démo", "?demo"),
        ("fr", "Je n'arrive pas à réserver une démo", "?demo"),
        ("fr", "Nous n'avons pas encore vu de démo", "?demo"),
        ("fr", "Nous voulons plus de détails et une démo", "demo"),
        ("fr", "Je souhaite en savoir plus sur la démo", "demo"),
        ("es", "No pude reservar una demo", "?demo"),
        ("es", "Todavía no hemos visto una demo", "?demo"),
        ("it", "Non riesco a prenotare una demo", "?demo"),
        ("it", "Non sono riuscito a prenotare una demo", "?demo"),
        ("pt", "Não consegui agendar uma demo", "?demo"),
        ("nl", "Ik kon geen demo boeken", "?demo"),
        ("nl", "We hebben nog geen demo gezien", "?demo"),
    ] {
        if read(code, text) != expected {
            wrong.push(format!("{text}: {}, not {expected}", read(code, text)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_supported_language_has_its_denials() {
    for code in super::super::language::SUPPORTED {
        assert!(LANGUAGES.iter().any(|cues| cues.code == code), "{code}");
    }
}
