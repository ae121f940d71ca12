//! Legal forms of companies as used in names, in lower case and without accents and punctuation.
//!
//! The facts, which form is used in which country and how it is abbreviated, are those of the table of the
//! library `cleanco`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// Forms at the end of a name: the canonical form, and the ways to write it.
const FORMS: &[(&str, &str)] = &[
    (
        "gmbh",
        "gmbh|mbh|gesmbh|ges mbh|ges m b h|gesellschaft mbh|gesellschaft mit beschrankter haftung|g m b h",
    ),
    ("ggmbh", "ggmbh"),
    ("ug", "ug|ug haftungsbeschrankt|unternehmergesellschaft|unternehmergesellschaft haftungsbeschrankt"),
    ("ag", "ag|aktiengesellschaft|a g"),
    ("se", "se|societas europaea"),
    ("kg", "kg|kommanditgesellschaft|k g"),
    ("kgaa", "kgaa"),
    ("ohg", "ohg|offene handelsgesellschaft"),
    ("gbr", "gbr|gesbr|gesnbr"),
    ("og", "og|keg"),
    ("eg", "eg|e g|eingetragene genossenschaft"),
    ("ek", "ek|e k|ekfm|e kfm|ekfr|e kfr|eingetragener kaufmann|eingetragene kauffrau"),
    ("ev", "ev|e v|eingetragener verein"),
    ("partg", "partg|partgmbb|partg mbb"),
    ("inc", "inc|incorporated"),
    ("corp", "corp|corporation"),
    ("co", "co|company|and co|and company"),
    ("co inc", "co inc"),
    ("co llc", "co llc"),
    ("ltd", "ltd|limited|limited company|private limited company"),
    ("co ltd", "co ltd|co limited|company ltd|company limited|ltd co"),
    ("unltd", "unltd|unlimited|ultd|ulc"),
    ("llc", "llc|l l c|limited liability company|limited liability co"),
    ("llp", "llp|limited liability partnership"),
    ("lllp", "lllp"),
    ("lp", "lp|limited partnership"),
    ("plc", "plc|public limited company|p l c"),
    ("pllc", "pllc"),
    ("pc", "pc|professional corporation"),
    ("cic", "cic|community interest company"),
    ("pty ltd", "pty ltd|pty limited|proprietary limited|pty"),
    ("pvt ltd", "pvt ltd|pvt limited|private limited|pvt"),
    ("pte ltd", "pte ltd|pte limited|pte"),
    ("sdn bhd", "sdn bhd|sendirian berhad"),
    ("bhd", "bhd|berhad"),
    ("pt", "tbk|persero"),
    ("pcl", "pcl|public company limited"),
    ("jsc", "jsc|joint stock company"),
    ("pjsc", "pjsc|public joint stock company"),
    ("ojsc", "ojsc|open joint stock company"),
    ("cjsc", "cjsc|closed joint stock company"),
    ("fz llc", "fz llc"),
    ("fze", "fze"),
    ("fzco", "fzco"),
    ("dmcc", "dmcc"),
    ("wll", "wll|w l l"),
    ("bsc", "bsc"),
    ("saog", "saog|saoc"),
    ("sae", "sae"),
    ("sal", "sal"),
    ("sa", "sa|s a|societe anonyme|sociedad anonima|sociedade anonima|spolka akcyjna"),
    ("sas", "sas|societe par actions simplifiee"),
    ("sasu", "sasu"),
    ("sarl", "sarl|s a r l|societe a responsabilite limitee"),
    ("eurl", "eurl"),
    ("snc", "snc|societa in nome collettivo|societe en nom collectif"),
    ("sci", "sci|societe civile immobiliere"),
    ("scop", "scop"),
    ("sca", "sca"),
    ("scs", "scs"),
    ("selarl", "selarl"),
    ("gie", "gie"),
    ("asbl", "asbl"),
    ("vzw", "vzw"),
    ("sprl", "sprl"),
    ("bvba", "bvba"),
    ("cvba", "cvba"),
    ("comm v", "comm v|commv"),
    ("sl", "sl|s l|sociedad limitada"),
    ("slu", "slu|sociedad limitada unipersonal"),
    ("sll", "sll|slne"),
    ("sau", "sau"),
    ("s coop", "s coop|scoop|sociedad cooperativa"),
    ("lda", "lda|limitada|unipessoal lda"),
    ("ltda", "ltda|ltda me|ltda epp"),
    ("eireli", "eireli"),
    ("eirl", "eirl"),
    ("spa", "spa|s p a|societa per azioni"),
    ("srl", "srl|s r l|srl unipersonale|societa a responsabilita limitata"),
    ("srls", "srls"),
    ("sapa", "sapa"),
    ("scarl", "scarl|scrl|soc coop|soc coop arl|societa cooperativa"),
    ("sagl", "sagl"),
    ("bv", "bv|b v|besloten vennootschap"),
    ("nv", "nv|n v|naamloze vennootschap"),
    ("vof", "vof|v o f|vennootschap onder firma"),
    ("cv", "cv|c v|commanditaire vennootschap"),
    ("ab", "ab|aktiebolag"),
    ("ab publ", "ab publ|publ"),
    ("hb", "hb|handelsbolag"),
    ("kb", "kb|kommanditbolag"),
    ("as", "as|a s|aktieselskab|aksjeselskap|anonim sirketi"),
    ("asa", "asa|allmennaksjeselskap"),
    ("aps", "aps|anpartsselskab"),
    ("ans", "ans"),
    ("i s", "i s|interessentskab"),
    ("k s", "k s|kommanditselskab"),
    ("p s", "p s|partnerselskab"),
    ("smba", "smba"),
    ("amba", "amba"),
    ("oy", "oy|oy ab|osakeyhtio"),
    ("oyj", "oyj|oyj abp|julkinen osakeyhtio"),
    ("ky", "ky|kommandiittiyhtio"),
    ("tmi", "tmi|toiminimi"),
    ("ehf", "ehf"),
    ("hf", "hf"),
    ("ohf", "ohf"),
    ("ou", "ou|osauhing"),
    ("sia", "sia"),
    ("uab", "uab"),
    ("mb", "mb"),
    (
        "sp z oo",
        "sp z oo|sp z o o|sp zoo|sp z oo w likwidacji|spolka z oo|spolka z o o|spolka z ograniczona odpowiedzialnoscia",
    ),
    ("sp z oo sp k", "sp z oo sp k|sp z oo spk|sp z o o sp k|sp z o o spk|sp z oo spolka komandytowa"),
    ("sp j", "sp j|spj|spolka jawna"),
    ("sp k", "sp k|spk|spolka komandytowa"),
    ("sp p", "sp p"),
    ("ska", "ska"),
    ("psa", "psa|prosta spolka akcyjna"),
    ("sro", "sro|s r o|spol s ro|spol s r o|spolecnost s rucenim omezenym|spolocnost s rucenim obmedzenym"),
    ("vos", "vos"),
    ("akc spol", "akc spol|akciova spolecnost"),
    ("kft", "kft|korlatolt felelossegu tarsasag"),
    ("bt", "bt|beteti tarsasag"),
    ("rt", "rt"),
    ("zrt", "zrt"),
    ("nyrt", "nyrt"),
    ("kkt", "kkt"),
    ("doo", "doo|d o o|doel|dooel"),
    ("jdoo", "jdoo"),
    ("dd", "dd|d d"),
    ("ad", "ad|a d"),
    ("ead", "ead"),
    ("ood", "ood"),
    ("eood", "eood"),
    ("pfa", "pfa"),
    ("ae", "ae|a e"),
    ("epe", "epe"),
    ("ike", "ike"),
    ("ae", "αε"),
    ("epe", "επε"),
    ("ike", "ικε"),
    ("ltd sti", "ltd sti|limited sirketi|san ve tic ltd sti|san tic ltd sti|tic ltd sti|ve tic ltd sti"),
    ("as", "san ve tic as|san ve tic a s|san tic as|ticaret as|ve ticaret as"),
    ("kk", "kk|k k|kabushiki kaisha|kabushiki gaisha"),
    ("gk", "gk|g k|godo kaisha"),
    ("yk", "yk|yugen kaisha"),
    ("s de rl de cv", "s de rl de cv|s de r l de c v"),
    ("sapi de cv", "sapi de cv"),
    ("sab de cv", "sab de cv"),
    ("sa de cv", "sa de cv|s a de c v"),
    ("sc", "s en c"),
    ("spc", "spc"),
    ("opc", "opc"),
];

/// Forms at the end or the beginning of a name.
const EITHER: &[(&str, &str)] = &[
    ("ooo", "ooo|ооо"),
    ("oao", "oao|оао"),
    ("zao", "zao|зао"),
    ("pao", "pao|пао"),
    ("ao", "ао"),
    ("tov", "tov|тов"),
    ("too", "too|тоо"),
    ("ip", "ип"),
    ("fop", "фоп"),
    ("prat", "прат"),
    ("kk", "株式会社|株"),
    ("yk", "有限会社|有"),
    ("gk", "合同会社"),
    ("kr", "주식회사|주"),
    ("yh", "유한회사"),
];

/// Forms at the beginning of a name.
const FIRST: &[(&str, &str)] = &[
    ("pt", "pt|perseroan terbatas"),
    ("uab", "uab"),
    ("sia", "sia"),
    ("oy", "oy"),
    ("llc", "llc"),
    ("jsc", "jsc"),
    ("pjsc", "pjsc"),
    ("ojsc", "ojsc"),
    ("cjsc", "cjsc"),
    ("sarl", "sarl|s a r l"),
    ("eurl", "eurl"),
    ("sasu", "sasu"),
    ("tnhh", "cong ty tnhh|cong ty co phan|cty tnhh"),
];

/// Forms before or after a name without a space.
pub(super) const WITHIN: &[(&str, &str)] = &[
    ("株式会社", "kk"),
    ("有限会社", "yk"),
    ("合同会社", "gk"),
    ("주식회사", "kr"),
    ("유한회사", "yh"),
    ("股份有限公司", "cn gufen"),
    ("有限责任公司", "cn youxian"),
    ("有限公司", "cn youxian"),
];

/// Forms that a partnership can have as its partner: `GmbH & Co. KG`.
const PARTNERS: [&str; 11] =
    ["gmbh", "ggmbh", "mbh", "gesmbh", "ug", "ug haftungsbeschrankt", "ag", "se", "ltd", "limited", "bv"];
/// Forms of partnerships.
const PARTNERSHIPS: [&str; 4] = ["kg", "kgaa", "ohg", "keg"];

/// States of a company at the end of its name, behind the legal form: `GmbH i.G.`
pub(super) const STATES: [&str; 9] =
    ["ig", "i g", "in grundung", "il", "i l", "in liquidation", "in liqu", "in abwicklung", "v likvidaci"];

/// A form as written, in words, and its canonical form.
pub(super) type Form = (Vec<String>, String);

fn words_of(way: &str) -> Vec<String> {
    way.split(' ').map(str::to_owned).collect()
}

fn written(table: &[(&str, &str)]) -> impl Iterator<Item = Form> {
    let all = table.iter().flat_map(|(canonical, ways)| ways.split('|').map(move |way| (way, *canonical)));
    all.map(|(way, canonical)| (words_of(way), canonical.to_owned()))
}

fn partnerships() -> impl Iterator<Item = Form> {
    PARTNERS.iter().flat_map(|partner| {
        PARTNERSHIPS.iter().flat_map(move |kind| {
            ["and co", "co", "and cie", "and"].into_iter().map(move |joint| {
                let way = format!("{partner} {joint} {kind}");
                let canonical = partner.replace("gesmbh", "gmbh").replace("limited", "ltd");
                let partner = canonical.split(' ').next().unwrap_or_default();
                (words_of(&way), format!("{partner} co {kind}"))
            })
        })
    })
}

/// The forms at the end of a name by their last word, the longer ones first.
static LAST: LazyLock<BTreeMap<String, Vec<Form>>> = LazyLock::new(|| {
    let plain = [("co kg", "and co kg|co kg"), ("co ohg", "and co ohg|co ohg")];
    let mut forms: BTreeMap<String, Vec<Form>> = BTreeMap::new();
    for form in written(FORMS).chain(written(EITHER)).chain(written(&plain)).chain(partnerships()) {
        forms.entry(form.0.last().cloned().unwrap_or_default()).or_default().push(form);
    }
    forms.values_mut().for_each(|forms| forms.sort_by_key(|(words, _)| std::cmp::Reverse(words.len())));
    forms
});

/// The forms at the beginning of a name by their first word, the longer ones first.
static BEGINNINGS: LazyLock<BTreeMap<String, Vec<Form>>> = LazyLock::new(|| {
    let mut forms: BTreeMap<String, Vec<Form>> = BTreeMap::new();
    for form in written(FIRST).chain(written(EITHER)) {
        forms.entry(form.0.first().cloned().unwrap_or_default()).or_default().push(form);
    }
    forms.values_mut().for_each(|forms| forms.sort_by_key(|(words, _)| std::cmp::Reverse(words.len())));
    forms
});

/// Every word of a form.
static WORDS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let words = LAST.values().flatten().flat_map(|(words, _)| words.iter().cloned());
    words.filter(|word| word.is_ascii()).collect()
});

/// Returns the legal forms that end in this word, the longer ones first.
pub(super) fn ending_in(word: &str) -> &'static [Form] {
    LAST.get(word).map_or(&[], Vec::as_slice)
}

/// Returns the legal forms that begin with this word, the longer ones first.
pub(super) fn beginning_with(word: &str) -> &'static [Form] {
    BEGINNINGS.get(word).map_or(&[], Vec::as_slice)
}

/// Returns whether the word occurs in a legal form.
pub(super) fn is_form_word(word: &str) -> bool {
    WORDS.contains(word)
}
