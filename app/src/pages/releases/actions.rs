//! The approvals of a release, its next step, and the forms to approve it, take it live or withdraw it. The
//! change page uses them too.

use engine::control::release::{ReleaseAction, Stage, TransitionActor, TransitionRefusal, step};
use leptos::either::{Either, EitherOf3};
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use store::Store;
use store::actor::Role;
use store::changes;
use store::releases::{self, Release, ReleaseApproval};

use crate::actions::releases::{ApproveRelease, GoLive, WithdrawRelease};
use crate::context::{Request, Viewer};
use crate::error::Result;
use crate::flash::Flash;
use crate::texts::{part, texts};
use crate::ui::clock::Clock;
use crate::ui::form::{TextAreaProps, ask, once, text};
use crate::ui::icon::{Icon, icon};
use crate::ui::{roles, series};

/// A release with the data that decides which actions the viewer has.
pub struct ReleaseActions {
    pub release: Release,
    /// Approvals of the current bundle.
    pub approvals: Vec<ReleaseApproval>,
    /// Roles that have not approved the current bundle yet.
    pub missing: Vec<Role>,
    /// Whether the viewer edited the change.
    pub is_editor: bool,
    pub viewer: Viewer,
}

impl ReleaseActions {
    /// Loads the approvals and editors of a release.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn load(store: &Store, release: Release, viewer: &Viewer) -> Result<Self> {
        let mut connection = store.pool().acquire().await.map_err(store::Error::from)?;
        let mut approvals = releases::approvals(&mut connection, release.id).await?;
        approvals.retain(|approval| approval.bundle == release.bundle);
        let missing = releases::missing_roles(&mut connection, release.id).await?;
        let editors = match &release.change {
            Some(change) => changes::editors(&mut connection, change.id).await?,
            None => Vec::new(),
        };
        let is_editor = editors.iter().any(|(id, _)| *id == viewer.id);
        Ok(Self { release, approvals, missing, is_editor, viewer: viewer.clone() })
    }

    fn may(&self, act: ReleaseAction) -> std::result::Result<Stage, TransitionRefusal> {
        let maker = TransitionActor::Person { roles: &self.viewer.roles, is_editor: self.is_editor };
        step(self.release.position(), act, maker)
    }

    fn is_waiting_for_approval(&self) -> bool {
        self.release.stage.is_open() && !self.missing.is_empty()
    }

    /// Returns the roles in which the viewer can approve the release.
    fn roles_to_approve(&self) -> Vec<Role> {
        let has_approved = self.approvals.iter().any(|approval| approval.person == self.viewer.id);
        if self.is_editor || has_approved || !self.is_waiting_for_approval() {
            return Vec::new();
        }
        self.missing.iter().copied().filter(|role| self.viewer.roles.contains(role)).collect()
    }
}

/// Renders the required roles and who approved the current bundle.
pub fn approvals(acts: &ReleaseActions, clock: Clock) -> impl IntoView + use<> {
    let required = acts.release.change.as_ref().map(|change| change.required.clone()).unwrap_or_default();
    let row = |role: Role| {
        let given = acts.approvals.iter().find(|approval| approval.role == role);
        let (sign, said) = match given {
            Some(approval) => {
                let said = texts().releases_approved_by_at(&approval.name);
                let said = view! { <small>{part(said.s0)}{clock.stamp_in_sentence(approval.at)}{part(said.s1)}</small> };
                (Icon::Check, Either::Left(said))
            }
            None => (
                Icon::Clock,
                Either::Right(view! { <small class="quiet">{texts().releases_not_approved()}</small> }),
            ),
        };
        view! { <li class="pair-line" data-a=given.map(|_| "good")>{icon(sign)}<span>{roles::title(role)}{said}</span></li> }
    };
    let rows = required.into_iter().map(row).collect_view();
    view! { <ul class="plain-list signatures">{rows}</ul> }
}

/// Renders the next step of the release, with its form if the viewer may take it. The form redirects to `next`.
pub fn next_step(acts: &ReleaseActions, request: &Request, next: &str) -> impl IntoView + use<> {
    if acts.is_waiting_for_approval() {
        return EitherOf3::A(approving(acts, request, next));
    }
    if acts.release.stage != Stage::Approved {
        return EitherOf3::B(());
    }
    EitherOf3::C(match acts.may(ReleaseAction::GoLive) {
        Ok(_) => Either::Left(view! {
            <form class="stack-form" method="post" action=GoLive::PATH>
                {hidden(acts, request, next, "go-live")}
                <button class="btn primary">{icon(Icon::Release)}{texts().releases_go_live()}</button>
            </form>
        }),
        Err(TransitionRefusal::Editor) => {
            Either::Right(view! { <p class="meta">{texts().releases_go_live_editor()}</p> })
        }
        Err(_) => Either::Right(view! { <p class="meta">{texts().releases_go_live_others()}</p> }),
    })
}

fn approving(acts: &ReleaseActions, request: &Request, next: &str) -> impl IntoView + use<> {
    let titles: Vec<String> = acts.missing.iter().map(roles::title).collect();
    let why = texts().releases_approve_again(series::all_of(&titles));
    let roles = acts.roles_to_approve();
    let buttons = roles
        .iter()
        .enumerate()
        .map(|(index, role)| {
            let class = if index == 0 { "btn primary" } else { "btn" };
            view! { <button class=class name="role" value=role.to_string()>{icon(Icon::Approve)}{texts().releases_approve_as(roles::title(role))}</button> }
        })
        .collect_view();
    let form = (!roles.is_empty()).then(|| {
        view! {
            <form class="stack-form" method="post" action=ApproveRelease::PATH>
                {hidden(acts, request, next, "approve-release")}
                <div class="row">{buttons}</div>
            </form>
        }
    });
    let editor = (acts.is_editor && acts.is_waiting_for_approval())
        .then(|| view! { <p class="meta">{texts().releases_approve_editor()}</p> });
    view! { <p>{why}</p>{form}{editor} }
}

/// Renders the form that withdraws the release; returns `None` if the viewer lacks the permission.
pub fn withdrawing(acts: &ReleaseActions, request: &Request, flash: &Flash) -> impl IntoView + use<> {
    acts.may(ReleaseAction::Withdraw).is_ok().then(|| {
        let error = flash.errors.get("reason").cloned();
        let is_open = error.is_some();
        let reason = TextAreaProps {
            id: "reason",
            label: texts().releases_reason(),
            name: "reason",
            rows: 2,
            maxlength: 5_000,
            required: true,
        };
        let form = view! {
            <form class="stack-form" method="post" action=WithdrawRelease::PATH>
                {once(request, "withdraw-release")}
                <input type="hidden" name="number" value=acts.release.number.to_string() />
                <p>{texts().releases_withdraw_explained()}</p>
                {text(reason, "", error)}
                <button class="btn danger">{texts().releases_withdraw()}</button>
            </form>
        };
        ask(texts().releases_withdraw(), is_open, form)
    })
}

fn hidden(acts: &ReleaseActions, request: &Request, next: &str, form: &str) -> impl IntoView + use<> {
    let number = acts.release.number.to_string();
    view! {
        {once(request, &format!("{form}-{number}"))}
        <input type="hidden" name="number" value=number />
        <input type="hidden" name="bundle" value=acts.release.bundle.to_string() />
        <input type="hidden" name="next" value=next.to_owned() />
    }
}
