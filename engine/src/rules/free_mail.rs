//! Domains at which anyone can get an e-mail address, so that they identify no company.
//!
//! The table has the providers with the most users in each country and is not complete. Brands that have a domain of their
//! own in many countries are named once.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Brands whose every domain is for free mail: `yahoo.de`, `yahoo.co.uk`.
const BRANDS: &str = "yahoo hotmail outlook gmx rocketmail ymail protonmail yandex gmail googlemail";

/// Other domains for free mail.
const DOMAINS: &str = "
    163.com 126.com yeah.net qq.com vip.qq.com foxmail.com sina.com sina.cn sohu.com 139.com 189.cn aliyun.com
    naver.com hanmail.net daum.net nate.com kakao.com
    aol.com aol.de aol.fr aol.co.uk aim.com verizon.net att.net sbcglobal.net bellsouth.net comcast.net cox.net
    charter.net earthlink.net juno.com netzero.net optonline.net frontier.com windstream.net roadrunner.com rr.com
    live.com live.de live.fr live.co.uk live.it live.nl live.be live.ca live.com.au live.com.mx live.com.pt live.se
    live.dk live.no live.at live.ie live.cn live.in msn.com passport.com windowslive.com
    icloud.com me.com mac.com
    web.de freenet.de t-online.de arcor.de email.de freemail.de posteo.de mailbox.org 1und1.de online.de
    vodafone.de kabelmail.de unity-mail.de mail.de tutanota.com tutanota.de tuta.io tuta.com tutamail.com
    gmx-topmail.de caramail.com
    bluewin.ch hispeed.ch sunrise.ch swissonline.ch aon.at chello.at utanet.at drei.at a1.net
    orange.fr wanadoo.fr free.fr sfr.fr laposte.net neuf.fr bbox.fr numericable.fr voila.fr club-internet.fr
    alice.fr aliceadsl.fr cegetel.net 9online.fr
    libero.it virgilio.it alice.it tin.it tiscali.it tim.it fastwebnet.it inwind.it iol.it email.it poste.it
    hotmail.it vodafone.it
    telefonica.net terra.es ono.com movistar.es wanadoo.es ya.com
    sapo.pt clix.pt netcabo.pt iol.pt mail.telepac.pt
    uol.com.br bol.com.br terra.com.br ig.com.br globo.com globomail.com r7.com oi.com.br zipmail.com.br
    ziggo.nl kpnmail.nl planet.nl home.nl upcmail.nl hetnet.nl xs4all.nl casema.nl chello.nl telfort.nl
    skynet.be telenet.be proximus.be scarlet.be
    btinternet.com btopenworld.com sky.com virginmedia.com virgin.net ntlworld.com talktalk.net blueyonder.co.uk
    tiscali.co.uk o2.co.uk plusnet.com fsmail.net freeserve.co.uk
    eircom.net
    telia.com spray.se bredband.net comhem.se tele2.se passagen.se online.no broadpark.no frisurf.no mail.dk
    sol.dk jubii.dk tdcadsl.dk ofir.dk luukku.com kolumbus.fi elisanet.fi saunalahti.fi suomi24.fi
    wp.pl o2.pl onet.pl onet.eu op.pl interia.pl interia.eu poczta.onet.pl poczta.fm tlen.pl vp.pl gazeta.pl
    seznam.cz email.cz centrum.cz atlas.cz post.cz volny.cz azet.sk zoznam.sk centrum.sk post.sk
    freemail.hu citromail.hu indamail.hu t-online.hu vipmail.hu
    abv.bg mail.bg dir.bg net.hr inet.hr siol.net eunet.rs ptt.rs otenet.gr forthnet.gr in.gr
    mail.ru inbox.ru list.ru bk.ru internet.ru rambler.ru lenta.ru ro.ru ya.ru narod.ru ukr.net i.ua meta.ua
    bigmir.net tut.by inbox.lv inbox.lt one.lt mail.ee
    mynet.com walla.co.il walla.com 012.net.il bezeqint.net
    rediffmail.com rediff.com sify.com indiatimes.com in.com
    docomo.ne.jp ezweb.ne.jp softbank.ne.jp i.softbank.jp nifty.com biglobe.ne.jp so-net.ne.jp
    pchome.com.tw seed.net.tw hinet.net singnet.com.sg netvigator.com
    bigpond.com bigpond.net.au optusnet.com.au iinet.net.au tpg.com.au ozemail.com.au xtra.co.nz slingshot.co.nz
    shaw.ca rogers.com sympatico.ca bell.net videotron.ca telus.net
    mweb.co.za webmail.co.za telkomsa.net vodamail.co.za
    prodigy.net.mx infinitum.com.mx fibertel.com.ar speedy.com.ar ciudad.com.ar arnet.com.ar vtr.net
    proton.me pm.me fastmail.com fastmail.fm hushmail.com hush.com mailfence.com startmail.com runbox.com
    disroot.org riseup.net hey.com duck.com zohomail.com zoho.com mail.com email.com usa.com post.com europe.com
    asia.com consultant.com engineer.com dr.com myself.com inbox.com lycos.com lycos.de excite.com
    mailinator.com guerrillamail.com 10minutemail.com temp-mail.org yopmail.com trashmail.com trash-mail.com
    sharklasers.com getnada.com maildrop.cc discard.email mailnesia.com dispostable.com tempmail.com
    moakt.com spambox.us mintemail.com mytemp.email throwawaymail.com
";

static KNOWN: LazyLock<[HashSet<&str>; 2]> =
    LazyLock::new(|| [BRANDS, DOMAINS].map(|list| list.split_ascii_whitespace().collect()));

/// Returns whether anyone can get an address at a domain, given its registered part and the number of bytes at
/// its end that are a public suffix.
pub(super) fn is_free_mail(registered: &str, suffix: usize) -> bool {
    let [brands, domains] = &*KNOWN;
    let brand = registered.len().checked_sub(suffix + 1).and_then(|end| registered.get(..end));
    brand.is_some_and(|brand| brands.contains(brand)) || domains.contains(registered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_are_known_once_and_in_lower_case() {
        let mut domains: Vec<&str> = DOMAINS.split_ascii_whitespace().collect();
        assert!(domains.iter().all(|domain| domain.contains('.') && *domain == domain.to_lowercase()));
        let all = domains.len();
        domains.sort_unstable();
        domains.dedup();
        assert_eq!(domains.len(), all);
    }
}
