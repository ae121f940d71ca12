//! Notices about what others did to accounts.

use leptos::prelude::*;

use crate::actions::people::AccountNotice;
use crate::texts::texts;
use crate::ui::clock::Clock;
use crate::ui::icon::{Icon, icon};

/// Renders a notice about an account.
pub fn account_notice(notice: &AccountNotice, clock: Clock) -> impl IntoView + use<> {
    let open =
        if notice.is_yours { texts().account_notices_open_yours() } else { texts().account_notices_open() };
    view! {
        <div class="note burn" data-a="warn">
            {icon(Icon::Key)}
            <div>
                <p><strong>{notice.what.clone()}"."</strong></p>
                <p class="meta">{texts().account_notices_by(&notice.by, clock.in_sentence(notice.notice.at))}</p>
            </div>
            <a class="btn" href=notice.path()>{open}</a>
        </div>
    }
}
