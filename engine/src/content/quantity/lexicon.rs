//! The words around numbers, in the languages that forms are filled in.

use std::sync::LazyLock;

use crate::content::words::{Phrasebook, Word, words_of};

/// How words modify a number next to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberModifier {
    /// Makes the number approximate.
    About,
    /// Makes the number a lower bound; precedes it.
    AtLeast,
    /// Makes the number an upper bound; precedes it.
    AtMost,
    /// Makes the number a lower bound; follows it.
    OrMore,
    /// Makes the number an upper bound; follows it.
    OrLess,
    /// Makes a single number a lower bound; has no effect before a range.
    From,
    /// Has no effect before a number or range.
    Of,
    /// Joins the ends of a range; makes a single number after it an upper bound.
    Until,
    /// Joins the ends of a range.
    To,
    /// Joins the ends of a range after [`NumberModifier::Between`].
    And,
    /// Announces a range.
    Between,
    /// Makes the number negative; precedes it.
    Minus,
    /// Makes the number a rate for what follows.
    Per,
    /// Makes the number a rate for a span of time.
    Every(Period),
    /// Says that an amount is due once.
    Once,
    /// A month of the calendar. Words that are also something else (`may`) are not `certain`.
    CalendarMonth { certain: bool },
    /// The year behind is that of the foundation.
    Founded,
    /// The number is about something else, such as people who are being hired.
    Elsewhere,
    /// The number is about money that is not a budget, such as revenue.
    OtherMoney,
    /// The number right behind is a label, as in `option 2`.
    Label,
    /// A number has changed to the one after `to`.
    Changed,
    /// A number is changing, or will.
    Changing,
    /// A count was different at another time.
    AnotherTime,
    /// Makes the number a percentage; follows it.
    Percent,
    /// The unit that is counted.
    Unit(Unit),
    /// Something that the extractor cannot count: a dozen, a number in words, a label such as `Fortune 500`.
    Riddle,
}

/// The spans of time that rates refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Period {
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    HalfYear,
    Year,
}

/// The units that numbers in forms count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Unit {
    /// Employees, users, seats.
    People,
    Minutes,
    Hours,
    Days,
    Weeks,
    Months,
    Years,
}

/// The meanings of words next to a number.
pub(super) static ROLES: LazyLock<Phrasebook<NumberModifier>> = LazyLock::new(|| {
    use NumberModifier::*;
    const MONTH: NumberModifier = CalendarMonth { certain: true };
    const MAYBE_MONTH: NumberModifier = CalendarMonth { certain: false };
    Phrasebook::of([
        ("approx|approximately|about|around|circa|ca|roughly|nearly|almost|some", About),
        ("somewhere around|give or take|or so|plus minus", About),
        ("etwa|ungefähr|rund|zirka|knapp|gut|in etwa|environ|à peu près|presque|quelque", About),
        ("alrededor de|aproximadamente|cerca de", About),
        ("unos|unas|casi|quasi|ongeveer|zowat|bijna|omstreeks|около|примерно|约|大约|約|cerca di", About),
        ("approssimativamente|aprox|env", About),
        ("greater than|higher than|larger than|bigger than|größer als|supérieur à", AtLeast),
        ("superiore a|mayor que|maior que|groter dan", AtLeast),
        ("lower than|smaller than|kleiner als|inférieur à|inferiore a|menor que|kleiner dan", AtMost),
        ("over|more than|at least|above|not less than|no less than|no fewer than", AtLeast),
        ("not fewer than|in excess of|upwards of", AtLeast),
        ("min|minimum|minimum of|exceeding|mehr als|über|mindestens|wenigstens", AtLeast),
        ("nicht weniger als|plus de|au moins|pas moins de", AtLeast),
        ("au minimum|más de|al menos|no menos de|por lo menos|mínimo|superior a|più di|oltre", AtLeast),
        ("almeno|non meno di|mais de|pelo menos", AtLeast),
        ("não menos de|meer dan|minstens|minimaal|ten minste|niet minder dan|boven|свыше", AtLeast),
        ("более|больше|не менее|超过|至少", AtLeast),
        ("under|less than|fewer than|up to|at most|below|not more than|no more than|not over", AtMost),
        ("max|maximum|maximum of|not exceeding", AtMost),
        ("unter|weniger als|bis zu|höchstens|maximal|nicht mehr als|moins de|jusqu'à|au plus", AtMost),
        ("au maximum|pas plus de|menos de", AtMost),
        ("como máximo|máximo|no más de|inferior a|meno di|al massimo|massimo|non più di", AtMost),
        ("no máximo|não mais de", AtMost),
        ("minder dan|hoogstens|hooguit|niet meer dan|не более|менее|меньше|不到|少于|最多", AtMost),
        ("or more|and more|or above|and above|or over|and over|and up|or greater|and higher", OrMore),
        ("upwards|plus|at minimum|oder mehr", OrMore),
        ("und mehr|und darüber|ou plus|et plus|o más|y más|o mayor|o più|e oltre|e più", OrMore),
        ("ou mais|e mais|of meer|en meer|и более", OrMore),
        ("以上|人以上|名以上|여 명|이상|명 이상", OrMore),
        ("or less|and less|or fewer|and fewer|or below|and below|and under|or under|tops", OrLess),
        ("at maximum|oder weniger|und weniger", OrLess),
        ("ou moins|et moins|o menos|y menos|o meno|ou menos|e menos|of minder|и менее|以下|以内", OrLess),
        ("人以下|名以下|未満|人未満|名未満|이하|미만|명 미만", OrLess),
        ("from|starting at|starting from|ab|à partir de|dès|desde|a partir de|a partire da", From),
        ("vanaf|начиная с|从", From),
        ("of|von|de|du|da|dal|di|van|od|от|with|mit|avec|con|com|met", Of),
        ("bis|до|do|hasta|até|tot|fino a|until|till", Until),
        ("to|thru|through|à|a|al|en met|auf|naar|para|至|到|から|upto", To),
        ("and|und|u|et|y|e|en|и|i|och|og|和", And),
        ("between|zwischen|zw|entre|tra|fra|tussen|mellan|mellem|mellom|między|между|介于", Between),
        ("minus|negative|negativ|moins", Minus),
        ("per|pro|par|por|je", Per),
        ("a seat|a user|an employee|per seat|per user|per head|per employee|each|pro nutzer|pro kopf", Per),
        ("a month|each month|every month|monthly|pm|p.m|p.m.|mo|mth|mthly|mnth|pcm", Every(Period::Month)),
        (
            "monatlich|monatl|mtl|im monat|jeden monat|monatlichen|monatliche|monatliches",
            Every(Period::Month),
        ),
        (
            "monatsbudget|mensuel|mensuels|mensuelle|mensuelles|mensuellement|chaque mois",
            Every(Period::Month),
        ),
        (
            "le mois|al mes|cada mes|mensual|mensuales|mensualmente|al mese|ogni mese|mensile",
            Every(Period::Month),
        ),
        ("mensili|mensilmente|ao mês|por mês|cada mês|mensal|mensais|mensalmente", Every(Period::Month)),
        ("maandelijks|maandelijkse|elke maand|每月|月額|毎月", Every(Period::Month)),
        ("a year|each year|every year|yearly|annually|annual|annum|p.a|pa|yr", Every(Period::Year)),
        (
            "jährlich|jährl|im jahr|jedes jahr|jährlichen|jährliche|jährliches|jahresbudget",
            Every(Period::Year),
        ),
        (
            "annuel|annuels|annuelle|annuelles|annuellement|chaque année|l'an|al año|anual",
            Every(Period::Year),
        ),
        (
            "anuales|anualmente|cada año|all'anno|l'anno|annuo|annui|annua|annuale|annuali",
            Every(Period::Year),
        ),
        (
            "annualmente|ogni anno|ao ano|por ano|anuais|cada ano|p.j|jaarlijks|jaarlijkse",
            Every(Period::Year),
        ),
        ("elk jaar|每年|年額|毎年", Every(Period::Year)),
        (
            "a quarter|each quarter|every quarter|quarterly|qtr|qtrly|im quartal|quartalsweise",
            Every(Period::Quarter),
        ),
        (
            "vierteljährlich|trimestriel|trimestriels|trimestrielle|trimestral|trimestrales",
            Every(Period::Quarter),
        ),
        (
            "al trimestre|trimestrale|trimestrali|ao trimestre|trimestrais|per kwartaal",
            Every(Period::Quarter),
        ),
        ("half yearly|semi annually|semi annual|biannually|biannual|halbjährlich", Every(Period::HalfYear)),
        ("semestriel|semestrielle|semestral|semestrale|halfjaarlijks", Every(Period::HalfYear)),
        ("a week|each week|every week|weekly|wk|wöchentlich|wöchentl|pro woche", Every(Period::Week)),
        ("hebdomadaire|semanal|a la semana|settimanale|alla settimana|wekelijks", Every(Period::Week)),
        (
            "a day|each day|every day|daily|täglich|am tag|quotidien|diario|al día|al giorno",
            Every(Period::Day),
        ),
        ("giornaliero|diário|ao dia|dagelijks", Every(Period::Day)),
        ("an hour|hourly|hr|stündlich|die stunde|de l'heure|a la hora|all'ora|std", Every(Period::Hour)),
        ("one off|one time|once|upfront|einmalig|einmal|ponctuel|une fois|único pago", Once),
        ("una tantum|pagamento único|eenmalig", Once),
        ("january|february|april|june|july|september|october|november|december|jan|feb", MONTH),
        ("apr|jun|jul|aug|sep|sept|oct|nov|dec|august", MONTH),
        ("januar|jänner|februar|märz|juni|juli|oktober|dezember|okt|dez|mrz", MONTH),
        ("janvier|février|avril|juin|juillet|août|septembre|octobre|novembre|décembre|janv", MONTH),
        ("févr|avr|juil|déc|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre", MONTH),
        ("setiembre|octubre|noviembre|diciembre|ene|dic|gennaio|febbraio|aprile|maggio|giugno", MONTH),
        ("luglio|settembre|ottobre|dicembre|gen|ott|janeiro|fevereiro|março|maio|junho|julho", MONTH),
        ("setembro|outubro|novembro|dezembro|januari|februari|maart|augustus", MONTH),
        ("may|march|mar|mai|mars|mei|set|out|ago|mag|giu|lug|abr|fev|mrt", MAYBE_MONTH),
        ("founded|established|est|estd|incorporated|since|gegründet|gegr|gründung|seit", Founded),
        ("gründungsjahr|bestehend|fondée|fondé|créée|créé|depuis|fundada|fundado|desde", Founded),
        ("fondata|fondato|costituita|criada|criado|opgericht|sinds|in business|copyright", Founded),
        ("hire|hires|hired|hiring|recruit|recruiting|recruited|laid off|fired|lost|onboarded", Elsewhere),
        ("einstellen|eingestellt|entlassen|stellen|embaucher|embauché|recruter|recrutons", Elsewhere),
        ("contratar|contratado|assumere|assunto|contratamos|aannemen|ontslagen|vacancies", Elsewhere),
        ("openings|open positions|job openings|offene stellen|vacatures|aged|age|ages|alter", Elsewhere),
        ("revenue|revenues|turnover|sales|funding|raised|valuation|valued|profit|profits", OtherMoney),
        ("ebitda|arr|mrr|acv|salary|fine|debt|umsatz|jahresumsatz|gewinn|gehalt|finanzierung", OtherMoney),
        ("chiffre d'affaires|ca annuel|facturación|facturamos|ingresos|ventas|fatturato", OtherMoney),
        ("ricavi|faturamento|receita|vendas|omzet|winst|levée", OtherMoney),
        ("option|choice|answer|band|bucket|bracket|category|class|type|step|id|ids|ref|no|nr", Label),
        ("num|nº|n°|reference|referenz|section|question|page|chapter|zip|plz|postcode|phone", Label),
        ("tel|ext|extension|series|phase|group|segment|package|paket|kategorie|stufe|klasse", Label),
        ("gruppe|frage|seite|kundennummer|nummer|numéro|référence|choix|catégorie|étape", Label),
        ("opción|categoría|número|referencia|tipo|nivel|opzione|categoria|numero|livello", Label),
        ("opção|nível|optie|categorie|building|gate|bus|route|iso|soc|din|level|plan|sku", Label),
        ("grew|grown|increased|went|expanded|scaled|rose|jumped|doubled|tripled|shrank", Changed),
        ("shrunk|shrunken|decreased|fell|dropped|reduced|downsized|gewachsen|gestiegen", Changed),
        ("vergrößert|geschrumpft|gesunken|passé|passés|passée|crecido|pasado|cresciuti", Changed),
        ("cresciuto|passati|crescemos|passamos|gegroeid|gekrompen", Changed),
        ("grow|grows|growing|scale|scaling|expand|expanding|wachsen|wächst|wachsend|croître", Changing),
        ("crecer|creciendo|crescere|crescendo|crescer|groeien|groeiend", Changing),
        ("will be|will have|will reach|expect|expecting|expected|aiming|aim|target|goal", AnotherTime),
        ("forecast|by year end|next year|last year|used to|was|were|had|formerly|previously", AnotherTime),
        ("once had|nächstes jahr|letztes jahr|erwarten|früher|ehemals|hatten|war|waren", AnotherTime),
        ("l'année prochaine|l'année dernière|prévoyons|avions|étions|avant|el año pasado", AnotherTime),
        ("el próximo año|teníamos|éramos|esperamos|antes|l'anno scorso|l'anno prossimo", AnotherTime),
        ("avevamo|eravamo|prima|tínhamos|ano passado|verwachten|vorig jaar|volgend jaar", AnotherTime),
        ("hadden|vroeger|voorheen", AnotherTime),
        ("percent|per cent|pct|prozent|pour cent|por ciento|por cento|per cento|procent|процентов", Percent),
        ("employees|employee|emp|emps|ppl|pax|pers|ma|people|persons|person", Unit(self::Unit::People)),
        ("staff|headcount|fte|ftes|users|user|seats|seat|licenses|licences", Unit(self::Unit::People)),
        ("members", Unit(self::Unit::People)),
        (
            "workers|colleagues|heads|agents|reps|mitarbeiter|mitarbeitern|mitarbeitende",
            Unit(self::Unit::People),
        ),
        ("mitarbeiterinnen|beschäftigte|angestellte|personen|leute", Unit(self::Unit::People)),
        ("nutzer|benutzer|employés|employé|salariés|salarié|personnes", Unit(self::Unit::People)),
        ("personne|collaborateurs|collaborateur|utilisateurs", Unit(self::Unit::People)),
        ("empleados|empleado|personas|persona|trabajadores|usuarios", Unit(self::Unit::People)),
        ("dipendenti|dipendente|persone|addetti|utenti|funcionários", Unit(self::Unit::People)),
        ("colaboradores|pessoas|usuários|empregados|medewerkers|medewerker", Unit(self::Unit::People)),
        ("werknemers|mensen|personeelsleden|gebruikers|pracowników", Unit(self::Unit::People)),
        ("osób|zaměstnanců|anställda|ansatte|medarbejdere|työntekijää", Unit(self::Unit::People)),
        ("çalışan|kişi|angajați|сотрудников|сотрудника|человек|人|名|员工|位", Unit(self::Unit::People)),
        ("名员工|名の社員|人の社員|명|직원", Unit(self::Unit::People)),
        ("minutes|minute|mins|minuten|minutos|minuti|minuut|minuto", Unit(self::Unit::Minutes)),
        ("hours|hour|hrs|stunden|stunde|heures|heure|horas|hora|ore|ora|uur|uren", Unit(self::Unit::Hours)),
        ("days|day|tage|tag|tagen|jours|jour|días|día|dias|dia|giorni|giorno", Unit(self::Unit::Days)),
        ("dagen|dag|天|日", Unit(self::Unit::Days)),
        ("weeks|week|wochen|woche|semaines|semaine|semanas|semana|settimane", Unit(self::Unit::Weeks)),
        ("settimana|weken|周|週間", Unit(self::Unit::Weeks)),
        ("months|month|monate|monat|monaten|mois|meses|mes|mês|mesi|mese", Unit(self::Unit::Months)),
        ("maanden|maand|个月|ヶ月|か月", Unit(self::Unit::Months)),
        ("years|year|yrs|jahre|jahr|jahren|ans|années|años|año|anos|ano|anni", Unit(self::Unit::Years)),
        ("anno|jaar|jaren|年", Unit(self::Unit::Years)),
        ("dozen|dozens|dutzend|douzaine|docena|half|halb|demi|medio|mezzo|meia|times|x|cent", Riddle),
        ("cents|pence|centimes|rappen|mil|miles", Riddle),
        ("trillion|trillions|billionen|billones|billón|bilioni|biljoen|tonnes|km|point", Riddle),
        ("fortune|ftse|dax|top|tier|version|suite|room|floor|rank|ranked", Riddle),
        ("figures|figure|digit|digits|stellig|stellige|stelliger|stelligen|stelliges|chiffres", Riddle),
        ("cifras|cifre|cijfers|zeros|nullen|fold", Riddle),
        ("one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen", Riddle),
        ("fifteen|sixteen|seventeen|eighteen", Riddle),
        ("nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|couple|pair|zwei", Riddle),
        ("drei|vier|fünf|sechs|sieben|acht", Riddle),
        ("neun|zehn|elf|zwölf|zwanzig|dreißig|vierzig|fünfzig|sechzig|siebzig|achtzig|neunzig", Riddle),
        ("deux|trois|quatre|cinq|sept|huit", Riddle),
        ("neuf|dix|vingt|trente|quarante|cinquante|soixante|dos|tres|cuatro|cinco|seis|siete", Riddle),
        ("ocho|nueve|diez|veinte|treinta", Riddle),
        ("cincuenta|cien|cientos|quattro|cinque|sette|otto|nove|dieci|venti|trenta|cinquanta", Riddle),
        ("cento|dois|duas|três|sete|oito|dez", Riddle),
        ("vinte|trinta|cinquenta|cem|twee|drie|vijf|zes|zeven|negen|tien|twintig|dertig|vijftig", Riddle),
    ])
});

/// Words which say that a person works alone.
pub(super) static ONE_PERSON: LazyLock<Phrasebook<()>> = LazyLock::new(|| {
    Phrasebook::of([
        ("self employed|just me|only me|just myself|only myself|it's just me|me myself and i|solo", ()),
        ("solopreneur|freelancer|freelance", ()),
        ("sole trader|sole proprietor|sole proprietorship|one person|one man|single person", ()),
        ("solo founder|einzelunternehmer|selbständig", ()),
        ("einzelunternehmerin|selbstständig|selbständige|selbstständige|selbständiger", ()),
        ("freiberufler|freiberuflich|nur ich|ich allein", ()),
        ("indépendant|indépendante|auto-entrepreneur|micro-entrepreneur|moi seul|moi seule", ()),
        ("travailleur indépendant|autónomo|autónoma", ()),
        ("solo yo|por cuenta propia|trabajador autónomo|libero professionista|lavoratore autonomo", ()),
        ("solo io|ditta individuale|autônomo", ()),
        ("autônoma|só eu|apenas eu|trabalhador independente|zzp|zzp'er|zelfstandig|zelfstandige", ()),
        ("alleen ik|eenmanszaak|самозанятый", ()),
        ("個人事業主|自由职业者|个体户|자영업", ()),
    ])
});

/// The powers of ten that words after a number mean.
pub(super) static MULTIPLIERS: LazyLock<Phrasebook<i32>> = LazyLock::new(|| {
    Phrasebook::of([
        ("hundred|hundreds|hundert|honderd|百", 2),
        ("k|thousand|thousands|grand|tsd|tausend|mille|mila|duizend|тыс|тысяч|тысячи|tys|tysięcy", 3),
        ("tis|tisíc|tusen|tuhatta|千", 3),
        ("lakh|lakhs|lac|lacs", 5),
        ("m|mm|mn|mln|mio|million|millions|millionen|millón|millones|milione|milioni|milhão", 6),
        ("milhões|miljoen|млн|миллион", 6),
        ("миллионов|milion|miliony|milionów|milionů|miljoner|millioner|miljoonaa|milyon", 6),
        ("crore|crores|cr", 7),
        ("b|bn|billion|billions|mrd|milliarden|milliarde|milliard|milliards|mds|mld|miliardi", 9),
        ("miliardo|mil millones", 9),
        ("bilhão|bilhões|miljard|млрд|миллиардов|miliard|miliardów|miljarder|milliarder|miljardia|milyar", 9),
        ("万|萬|만", 4),
        ("億|亿|억", 8),
    ])
});

/// Returns what the numbers of a field count, given the unit in the catalogue; `None` for other units.
pub(in super::super) fn unit_of(catalogue_unit: &str) -> Option<Unit> {
    match ROLES.exactly(&words_of(catalogue_unit)) {
        Some(NumberModifier::Unit(unit)) => Some(*unit),
        _ => None,
    }
}

/// Returns the place in the text that says a person works alone.
pub(super) fn one_person(words: &[Word]) -> Option<[usize; 2]> {
    ONE_PERSON.find(words).first().map(|hit| hit.span(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn catalogue_units() {
        assert_eq!(unit_of("employees"), Some(Unit::People));
        assert_eq!(unit_of("Days"), Some(Unit::Days));
        assert_eq!(unit_of("EUR"), None);
    }
}
