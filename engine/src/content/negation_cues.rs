//! The words of seven languages that decline something, leave it open or only look like a negation.

/// The cues of one language, separated by `|`, or by spaces where each is a single word.
pub(super) struct Cues {
    pub(super) code: &'static str,
    /// Idioms that negate nothing.
    pub(super) idioms: &'static str,
    /// Declines what comes before or after.
    pub(super) strong: &'static str,
    /// Negates the clause after it.
    pub(super) clause: &'static str,
    /// Negates the noun after it.
    pub(super) noun: &'static str,
    /// Declines what comes after by its meaning.
    pub(super) refusal: &'static str,
    /// Leaves open what comes after.
    pub(super) unclear: &'static str,
    /// Negates what comes before.
    pub(super) back: &'static str,
    /// Negates what comes directly before.
    pub(super) back_near: &'static str,
    /// Leaves open what comes before.
    pub(super) back_unclear: &'static str,
    /// Negates only together with `ne`.
    pub(super) with_ne: &'static str,
    /// Ends the reach of a negation: "but", "however".
    pub(super) contrast: &'static str,
    /// Joins the items of a list.
    pub(super) list: &'static str,
    pub(super) able: &'static str,
    pub(super) able_after: &'static str,
    pub(super) open: &'static str,
}

/// The cues of each language that extraction understands.
pub(super) const LANGUAGES: [Cues; 7] = [
    Cues {
        code: "en",
        idioms: "why not|not only|not just|not sure|can't wait|cannot wait|couldn't wait|can not wait|\
                 don't hesitate|do not hesitate|no problem|no problems|no doubt|without doubt|without a doubt|\
                 don't forget|do not forget|not to mention|don't mind|wouldn't mind|would not mind|\
                 whether or not|if not|no later than|no rush|no matter|no worries|no pressure|not less than|\
                 no less than|not more than|no more than|not over|no fewer than|not fewer than|not exceed|\
                 not exceeding|wouldn't hurt|would not hurt|can't hurt|nothing but|without further ado|\
                 without delay|without hesitation|stop by|no of|no credit card|no strings attached|\
                 no obligation|never mind|no time to lose|no time to waste|no brainer|couldn't agree more",
        strong: "not interested|not needed|not required|not necessary|not wanted|not relevant|not of interest|\
                 no interest|no need|no needs|no intention|no plans|no desire|no wish|no appetite|no use for|\
                 not looking for|not looking to|not planning|not in the market|unnecessary|no longer interested|\
                 no longer need|no longer needed|no longer want|not interesting|uninterested|out of the question|\
                 of no interest|don't need|do not need|don't want|do not want|doesn't want|does not want",
        clause: "not|never|neither|nor|don't|doesn't|didn't|isn't|aren't|wasn't|won't|wouldn't|can't|couldn't|\
                 cannot|shouldn't|haven't|hasn't|hadn't|dont|doesnt|didnt|isnt|arent|wont|wouldnt|cant|couldnt|\
                 havent|hasnt|no longer|ain't",
        noun: "no|none of|zero",
        refusal: "decline|declines|declined|declining|refuse|refuses|refused|cancel|cancels|cancelled|canceled|\
                  cancelling|canceling|skip|skipping|avoid|avoiding|reject|rejected|rejecting|unsubscribe|\
                  opt out|opting out|opted out|pass on|stop|withdraw|against|without|instead of|rather than|\
                  other than|except|except for|uninterested in",
        unclear: "nobody|no one|hardly|barely|miss|missed|missing|not sure if we need|not sure whether we need|\
                  not sure we need|not sure if i need|not sure i need|undecided",
        back: "no thanks|no thank you|isn't needed|isn't required|isn't necessary|isn't wanted|aren't needed",
        back_near: "",
        back_unclear: "isn't|aren't|wasn't|weren't|doesn't|didn't|not|never|cancelled|canceled|unavailable|\
                       not available",
        with_ne: "",
        contrast: "but|however|though|just|only|instead|rather|yet|and would like|and would love|and want|\
                   and need|and we|and i|so we|so i|so please|and please|please|because|therefore|hence|\
                   and am|and are|and looking|and hope",
        list: "and|or|nor|a|an|the|any|your|to",
        able: "can could cannot cant couldn couldnt unable able managed manage failed possible impossible",
        able_after: "see saw seen find found get got gotten receive received hear heard work works working let \
                     letting allow load open show shown tell told give given offer offered sent been",
        open: "still yet if unless until",
    },
    Cues {
        code: "de",
        idioms: "warum nicht|wieso nicht|nicht nur|ohne zweifel|kein problem|nicht zögern|zögern sie nicht|\
                 nicht vergessen|vergessen sie nicht|nicht sicher|nicht zuletzt|nicht mehr als|\
                 nicht weniger als|nicht über|kann nicht schaden|keine frage|ohne weiteres",
        strong: "kein interesse|keinerlei interesse|kein bedarf|keinen bedarf|keinerlei bedarf|nicht interessiert|\
                 nicht nötig|nicht notwendig|nicht erforderlich|nicht gewünscht|nicht erwünscht|nicht gewollt|\
                 nicht mehr interessiert|unnötig|überflüssig|verzichten|verzichte|brauchen wir nicht|\
                 brauche ich nicht|benötigen wir nicht|benötige ich nicht|nicht in frage",
        clause: "nicht|nie|niemals|weder|keineswegs|keinesfalls|nein|nicht mehr",
        noun: "kein|keine|keinen|keinem|keiner|keines|keinerlei",
        refusal: "lehnen|lehne|ablehnen|absagen|stornieren|abbestellen|absehen von|sehen von|sehe von|gegen|ohne|\
                  statt|anstatt|anstelle|abmelden|widerrufen",
        unclear: "niemand|kaum|verpasst|unsicher ob",
        back: "nicht|nicht mehr|nein danke|ablehnen|ab|absagen|stornieren|abbestellen|unnötig",
        back_near: "",
        back_unclear: "abgesagt|storniert|ausgefallen",
        with_ne: "",
        contrast: "aber|sondern|jedoch|nur|stattdessen|und möchte|und möchten|und brauchen|und brauche|und wir|\
                   und ich|und hätte|und hätten|bitte|daher|deshalb|weil|und würde|und würden",
        list: "und|oder|noch|ein|eine|einen|einer|die|der|das|den",
        able: "konnte konnten kann konnen konnt konntet klappt klappte funktioniert funktionierte ging geht \
               gelang moglich geschafft gefunden finde finden erhalten bekommen gesehen geladen lasst liess",
        able_after: "",
        open: "noch bisher bislang wenn falls solange bevor sofern",
    },
    Cues {
        code: "fr",
        idioms: "pourquoi pas|pas seulement|sans doute|sans problème|pas de problème|pas de souci|pas de soucis|\
                 n'hésitez pas|pas plus de|pas moins de|pas sûr|n'oubliez pas|ne tardez pas|sans tarder|\
                 sans attendre|pas mal|sans engagement",
        strong: "pas nécessaire|pas intéressé|pas intéressée|pas intéressés|pas intéressées|pas besoin|pas utile|\
                 inutile|aucun intérêt|aucun besoin|plus intéressé|plus intéressée|plus intéressés|plus besoin|\
                 pas souhaité|pas souhaitée|pas intéressant",
        clause: "pas|jamais|ni|non|aucunement|pas de",
        noun: "aucun|aucune|nul|nulle",
        refusal: "sans|contre|refuse|refusons|refuser|refusé|décline|déclinons|décliner|annule|annulons|annuler|annulez|\
                  renonce|renonçons|renoncer|plutôt que|au lieu de|au lieu d|évitez|éviter|désinscrire",
        unclear: "personne|à peine|manqué|raté",
        back: "non merci",
        back_near: "",
        back_unclear: "annulée|annulé|indisponible",
        with_ne: "plus|guère|rien|pas",
        contrast: "mais|cependant|seulement|juste|plutôt|et souhaite|et souhaitons|et je|et nous|et voudrais|\
                   merci de|svp|s'il vous plaît|car|donc",
        list: "et|ou|ni|un|une|de|des|la|le|les|d",
        able: "pu peux peut pouvons pouvez reussi reussis arrive arrivons marche fonctionne impossible possible \
               trouve trouvons recu vu vois voyons parviens parvenons",
        able_after: "",
        open: "encore si sauf",
    },
    Cues {
        code: "es",
        idioms: "por qué no|no solo|no sólo|sin duda|no dude|no duden|no dudes|sin problema|no más de|\
                 no menos de|no estoy seguro|no olvide|no olviden|cómo no|sin compromiso",
        strong: "no es necesario|no es necesaria|no hace falta|innecesario|innecesaria|no interesado|\
                 no interesada|no interesados|no estoy interesado|no estoy interesada|no estamos interesados|\
                 no estamos interesadas|no me interesa|no nos interesa|ningún interés|sin interés|no deseo|\
                 no deseamos|no quiero|no queremos|no necesito|no necesitamos|ya no",
        clause: "no|nunca|jamás|tampoco|ni",
        noun: "ningún|ninguna",
        refusal: "sin|contra|rechazo|rechazamos|rechazar|cancelar|cancele|cancelen|cancelo|cancelamos|renuncio|\
                  renunciamos|declino|declinamos|declinar|en vez de|en lugar de|evitar|dar de baja",
        unclear: "nadie|apenas",
        back: "no gracias",
        back_near: "no",
        back_unclear: "cancelada|cancelado",
        with_ne: "",
        contrast: "pero|sino|solo|solamente|aunque|y quiero|y queremos|y necesito|y necesitamos|y me gustaría|\
                   y nos gustaría|por favor|porque|así que",
        list: "y|o|e|ni|un|una|el|la|los|las|de",
        able: "pude pudo pudimos podido puedo podemos puede logro logre logramos consegui conseguimos funciona \
               imposible encuentro encontre encontramos veo vemos recibi recibido recibimos",
        able_after: "",
        open: "todavia aun si salvo",
    },
    Cues {
        code: "it",
        idioms: "perché no|non solo|senza dubbio|non esitate|non esiti|nessun problema|senza problemi|\
                 non più di|non meno di|non dimenticate|senza impegno",
        strong: "non è necessario|non è necessaria|non serve|inutile|non interessato|non interessata|\
                 non interessati|non siamo interessati|non sono interessato|non sono interessata|\
                 non mi interessa|non ci interessa|nessun interesse|nessun bisogno|non abbiamo bisogno|\
                 non ho bisogno|non vogliamo|non voglio|non desideriamo",
        clause: "non|no|mai|né|neanche|nemmeno",
        noun: "nessun|nessuna",
        refusal: "senza|contro|rifiuto|rifiutiamo|rifiutare|annullare|annullate|annullo|disdire|rinuncio|rinunciamo|\
                  rinunciare|decliniamo|declino|invece di|anziché|evitare|piuttosto che",
        unclear: "nessuno|appena",
        back: "no grazie",
        back_near: "non|no",
        back_unclear: "annullata|annullato",
        with_ne: "",
        contrast: "ma|però|solo|soltanto|bensì|e vorrei|e vorremmo|e vogliamo|per favore|quindi",
        list: "e|o|né|un|una|il|la|lo|di|del|della",
        able: "potuto posso possiamo puo riesco riusciamo riuscito riusciti riuscita funziona impossibile trovo \
               trovato troviamo vedo vediamo ricevuto",
        able_after: "",
        open: "ancora se",
    },
    Cues {
        code: "pt",
        idioms: "por que não|não só|não apenas|sem dúvida|não hesite|não hesitem|sem problema|não mais de|\
                 não menos de|não se esqueça|sem compromisso",
        strong: "não é necessário|não é necessária|não precisa|não precisamos|não preciso|desnecessário|\
                 não tenho interesse|não temos interesse|não interessado|não estamos interessados|\
                 não estou interessado|não estou interessada|não me interessa|não nos interessa|\
                 nenhum interesse|sem interesse|já não|não queremos|não quero",
        clause: "não|nunca|jamais|nem|tampouco",
        noun: "nenhum|nenhuma",
        refusal: "sem|contra|recuso|recusamos|recusar|cancelar|cancele|cancelamos|dispenso|dispensamos|dispensar|\
                  em vez de|evitar|desisto|desistimos",
        unclear: "ninguém|mal",
        back: "não obrigado|não obrigada",
        back_near: "não",
        back_unclear: "cancelada|cancelado",
        with_ne: "",
        contrast: "mas|porém|só|somente|apenas|e quero|e queremos|e gostaria|e gostaríamos|por favor|porque|então",
        list: "e|ou|nem|um|uma|o|a|os|as|de|do|da",
        able: "consegui consigo conseguimos conseguiu pude posso podemos funciona impossivel encontrei encontro \
               vejo recebi recebemos",
        able_after: "",
        open: "ainda se",
    },
    Cues {
        code: "nl",
        idioms: "waarom niet|niet alleen|geen probleem|zonder twijfel|aarzel niet|niet meer dan|\
                 niet minder dan|niet zeker|geen zorgen|vrijblijvend",
        strong: "niet nodig|onnodig|niet gewenst|niet geïnteresseerd|geen interesse|geen belangstelling|\
                 geen behoefte|niet langer|niet meer|overbodig",
        clause: "niet|nooit|nee|noch",
        noun: "geen",
        refusal: "zonder|tegen|weiger|weigeren|annuleren|annuleer|afzeggen|afzien|zien af|zie af|afwijzen|wijzen|\
                  in plaats van|afmelden",
        unclear: "niemand|nauwelijks|gemist",
        back: "niet|niet nodig|onnodig|nee bedankt|hoeft niet|hoeven niet|afzeggen|annuleren",
        back_near: "",
        back_unclear: "geannuleerd|afgezegd",
        with_ne: "",
        contrast: "maar|echter|alleen|slechts|wel|en wil|en willen|en graag|graag|daarom|omdat",
        list: "en|of|noch|een|de|het",
        able: "kon konden kan kunnen lukt lukte gelukt werkt werkte mogelijk gevonden vind zie gezien ontvangen \
               gekregen",
        able_after: "",
        open: "nog als indien tenzij",
    },
];
