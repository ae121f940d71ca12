//! A release's way to traffic: its stages, the acts that move it from one to another, and who may make them.
//!
//! [`TRANSITIONS`] is the one table. The database enforces the moves of it too (`release_may_move`), whatever process writes.

use crate::role::Role;
use Stage::{
    Approved, AssignReview, Live, Paused, Retired, RolledBack, Rollout, Scheduled, Shadow, Simulation,
    Suspended,
};

/// How far a release has come.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum Stage {
    /// Every required role has approved its change; it decides nothing yet.
    Approved,
    /// It moves on by itself at a set time.
    Scheduled,
    /// It is run against past leads.
    Simulation,
    /// It decides live events beside the live release, without effects.
    Shadow,
    /// It decides a share of the leads, and a person reviews each decision before anything is sent.
    AssignReview,
    /// It decides a share of the leads.
    Rollout,
    /// A person or a guardrail halted it on its way.
    Paused,
    /// Another release went live and it no longer fits.
    Suspended,
    /// It decides every lead that no other release takes.
    Live,
    /// A later release replaced it, or it was withdrawn.
    Retired,
    /// It was taken back from traffic.
    RolledBack,
}

impl Stage {
    /// Returns whether the release may still go live for the first time.
    pub fn is_open(self) -> bool {
        !matches!(self, Live | Retired | RolledBack)
    }

    /// Returns whether a release decides in this stage, or decides beside the one that does.
    pub fn has_traffic(self) -> bool {
        matches!(self, Shadow | AssignReview | Rollout | Live)
    }
}

/// What happens at a release to leads that still wait for something: enrichment, review, a person, delivery.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum InFlight {
    /// They finish as they were decided.
    FinishOld,
    /// They are decided again by the new bundle.
    DecideAgain,
    /// They go to people.
    HandToPeople,
}

/// What can be done with a release.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum ReleaseAction {
    /// Sets the time at which it moves on.
    Schedule,
    /// Runs it against past leads.
    Simulate,
    /// Lets it decide beside the live release.
    StartShadow,
    /// Gives it a share of the leads, each decision reviewed.
    StartReview,
    /// Gives it a share of the leads.
    StartRollout,
    /// Makes it the live release.
    GoLive,
    /// Halts it on its way.
    Pause,
    /// Lets it continue where it was paused.
    Resume,
    /// Sets it aside because it no longer fits what is live.
    Suspend,
    /// Takes it up again because it fits.
    Reinstate,
    /// Gives it up before it went live.
    Withdraw,
    /// Retires it because another release took its place.
    Replace,
    /// Takes it back from traffic.
    RollBack,
    /// Makes it live again after a later release was rolled back.
    Restore,
}

/// Where an act leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransitionTarget {
    /// To this stage.
    Stage(Stage),
    /// To the stage in which the release was paused.
    BeforePause,
}

/// Who may make a transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllowedActors {
    /// People with one of these roles.
    pub roles: &'static [Role],
    /// Whether people who edited the change may.
    pub editors: bool,
    /// Whether Meshline does it by itself.
    pub system: bool,
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Transition {
    /// What is done.
    pub act: ReleaseAction,
    /// The stages in which it can be done.
    pub from: &'static [Stage],
    /// Where it leads.
    pub to: TransitionTarget,
    /// Who may do it.
    pub by: AllowedActors,
}

const fn row(act: ReleaseAction, from: &'static [Stage], to: Stage, by: AllowedActors) -> Transition {
    Transition { act, from, to: TransitionTarget::Stage(to), by }
}

/// RevOps, the author included: nothing gets more traffic by it.
const OWNER: AllowedActors = AllowedActors { roles: &[Role::Revops], editors: true, system: false };
/// RevOps, but not those who edited the change: four eyes.
const ANOTHER: AllowedActors = AllowedActors { roles: &[Role::Revops], editors: false, system: false };
/// Those who may use the kill switch, and guardrails.
const STOPPERS: AllowedActors =
    AllowedActors { roles: &[Role::Revops, Role::RevopsLead], editors: true, system: true };
/// Meshline itself, as a consequence of another release.
const SYSTEM: AllowedActors = AllowedActors { roles: &[], editors: false, system: true };

/// Stages on the way, in which a release is not closed and not live.
const OPEN: &[Stage] = &[Approved, Scheduled, Simulation, Shadow, AssignReview, Rollout, Paused, Suspended];

/// Every transition that there is: what pages, commands and guardrails may ask for, whether or not one of them does so yet.
/// People go live and withdraw; Meshline suspends, reinstates and replaces when another release goes live.
#[rustfmt::skip]
pub const TRANSITIONS: &[Transition] = &[
    row(ReleaseAction::Schedule,     &[Approved],                                  Scheduled,    ANOTHER),
    row(ReleaseAction::Simulate,     &[Approved, Scheduled],                       Simulation,   OWNER),
    row(ReleaseAction::StartShadow,  &[Simulation],                                Shadow,       OWNER),
    row(ReleaseAction::StartReview,  &[Shadow],                                    AssignReview, ANOTHER),
    row(ReleaseAction::StartRollout, &[AssignReview],                              Rollout,      ANOTHER),
    row(ReleaseAction::GoLive,       &[Approved, Rollout],                         Live,         ANOTHER),
    row(ReleaseAction::Pause,        &[Simulation, Shadow, AssignReview, Rollout], Paused,       STOPPERS),
    Transition { act: ReleaseAction::Resume, from: &[Paused], to: TransitionTarget::BeforePause, by: ANOTHER },
    row(ReleaseAction::Suspend,      &[Approved, Scheduled, Simulation, Shadow, AssignReview, Rollout, Paused], Suspended, SYSTEM),
    row(ReleaseAction::Reinstate,    &[Suspended],                                 Approved,     SYSTEM),
    row(ReleaseAction::Withdraw,     OPEN,                                         Retired,      OWNER),
    row(ReleaseAction::Replace,      &[Approved, Scheduled, Simulation, Shadow, AssignReview, Rollout, Paused, Suspended, Live], Retired, SYSTEM),
    row(ReleaseAction::RollBack,     &[AssignReview, Rollout, Live],               RolledBack,   STOPPERS),
    row(ReleaseAction::Restore,      &[Retired],                                   Live,         STOPPERS),
];

/// Where a release is, as far as the table needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReleasePosition {
    /// Its stage.
    pub stage: Stage,
    /// The stage it was paused in, while it is paused.
    pub paused_from: Option<Stage>,
    /// Whether it was ever live: only then can it be restored.
    pub has_been_live: bool,
}

/// Who makes a transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransitionActor<'a> {
    /// A person.
    Person {
        /// The roles held now.
        roles: &'a [Role],
        /// Whether the person edited the change that the release comes from.
        is_editor: bool,
    },
    /// Meshline itself.
    System,
}

/// Why a release does not move.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransitionRefusal {
    /// The act is not possible in this stage.
    #[error("this is not possible while the release is {}", stage_phrase(*.0))]
    Stage(Stage),
    /// The person holds none of the roles that may.
    #[error("only {} may do this", titles(.0))]
    Role(&'static [Role]),
    /// The person edited the change.
    #[error("you edited this change, so someone else must do this")]
    Editor,
}

/// Returns the stage that an act leads to.
///
/// # Errors
/// [`TransitionRefusal`] when the act is not possible in the release's stage, or not for this maker.
pub fn step(
    at: ReleasePosition,
    act: ReleaseAction,
    by: TransitionActor<'_>,
) -> Result<Stage, TransitionRefusal> {
    let impossible = TransitionRefusal::Stage(at.stage);
    let line = TRANSITIONS.iter().find(|line| line.act == act && line.from.contains(&at.stage));
    let Some(line) = line.filter(|_| act != ReleaseAction::Restore || at.has_been_live) else {
        return Err(impossible);
    };
    match by {
        TransitionActor::System if line.by.system => {}
        TransitionActor::Person { roles, is_editor }
            if roles.iter().any(|role| line.by.roles.contains(role)) =>
        {
            if is_editor && !line.by.editors {
                return Err(TransitionRefusal::Editor);
            }
        }
        _ => return Err(TransitionRefusal::Role(line.by.roles)),
    }
    match line.to {
        TransitionTarget::Stage(stage) => Ok(stage),
        TransitionTarget::BeforePause => at.paused_from.ok_or(impossible),
    }
}

/// Returns whether any act leads directly from one stage to the other.
pub fn may_move(from: Stage, to: Stage) -> bool {
    let pausable =
        |stage| TRANSITIONS.iter().any(|line| line.act == ReleaseAction::Pause && line.from.contains(&stage));
    TRANSITIONS.iter().filter(|line| line.from.contains(&from)).any(|line| match line.to {
        TransitionTarget::Stage(stage) => stage == to,
        TransitionTarget::BeforePause => pausable(to),
    })
}

fn stage_phrase(stage: Stage) -> String {
    stage.to_string().replace('_', " ")
}

fn titles(roles: &[Role]) -> String {
    match roles {
        [] => "Meshline itself".to_owned(),
        roles => roles.iter().map(|role| role.title()).collect::<Vec<_>>().join(" or "),
    }
}

#[cfg(test)]
mod tests {
    use strum::VariantArray as _;

    use super::*;

    /// What can be done in each stage, by whom, and where it leads, written out stage by stage: `revops!` is RevOps
    /// without the editors of the change, `stop` RevOps, the RevOps lead and the system.
    const EXPECTED: &str = "
        approved: schedule revops! scheduled, simulate revops simulation, go_live revops! live, suspend system suspended, withdraw revops retired, replace system retired
        scheduled: simulate revops simulation, suspend system suspended, withdraw revops retired, replace system retired
        simulation: start_shadow revops shadow, pause stop paused, suspend system suspended, withdraw revops retired, replace system retired
        shadow: start_review revops! assign_review, pause stop paused, suspend system suspended, withdraw revops retired, replace system retired
        assign_review: start_rollout revops! rollout, pause stop paused, suspend system suspended, withdraw revops retired, replace system retired, roll_back stop rolled_back
        rollout: go_live revops! live, pause stop paused, suspend system suspended, withdraw revops retired, replace system retired, roll_back stop rolled_back
        paused: resume revops! shadow, suspend system suspended, withdraw revops retired, replace system retired
        suspended: reinstate system approved, withdraw revops retired, replace system retired
        live: replace system retired, roll_back stop rolled_back
        retired: restore stop live
        rolled_back:
    ";

    /// The line of a stage and an act: who, and the stage it leads to.
    fn expected(stage: Stage, act: ReleaseAction) -> Option<(&'static str, Stage)> {
        let line =
            EXPECTED.lines().map(str::trim).find_map(|line| line.strip_prefix(&format!("{stage}:"))).unwrap();
        line.split(',').find_map(|entry| {
            let words: Vec<&str> = entry.split_whitespace().collect();
            match words[..] {
                [done, who, to] if done == act.to_string() => Some((who, to.parse().unwrap())),
                _ => None,
            }
        })
    }

    fn is_maker(who: &str, by: TransitionActor<'_>) -> bool {
        match (who, by) {
            ("system" | "stop", TransitionActor::System) => true,
            ("revops", TransitionActor::Person { roles, .. }) => roles.contains(&Role::Revops),
            ("revops!", TransitionActor::Person { roles, is_editor }) => {
                roles.contains(&Role::Revops) && !is_editor
            }
            ("stop", TransitionActor::Person { roles, .. }) => {
                roles.contains(&Role::Revops) || roles.contains(&Role::RevopsLead)
            }
            _ => false,
        }
    }

    fn at(stage: Stage) -> ReleasePosition {
        ReleasePosition {
            stage,
            paused_from: (stage == Paused).then_some(Shadow),
            has_been_live: stage == Retired,
        }
    }

    #[test]
    fn every_stage_act_and_role_is_as_written_out() {
        let mut allowed = 0;
        for &stage in Stage::VARIANTS {
            for &act in ReleaseAction::VARIANTS {
                let mut makers = vec![TransitionActor::System];
                for role in Role::VARIANTS {
                    for is_editor in [false, true] {
                        makers.push(TransitionActor::Person { roles: std::slice::from_ref(role), is_editor });
                    }
                }
                for by in makers {
                    let wanted = expected(stage, act).filter(|(who, _)| is_maker(who, by)).map(|(_, to)| to);
                    assert_eq!(step(at(stage), act, by).ok(), wanted, "{stage} {act} {by:?}");
                    allowed += usize::from(wanted.is_some());
                }
            }
        }
        assert!(allowed > 80, "the table written out above is read: {allowed}");
    }

    #[test]
    fn a_refusal_says_which_of_stage_role_and_editing_it_is() {
        let revops = TransitionActor::Person { roles: &[Role::Revops], is_editor: false };
        let refused = |stage, act, by| step(at(stage), act, by).unwrap_err().to_string();
        assert_eq!(
            refused(Live, ReleaseAction::GoLive, revops),
            "this is not possible while the release is live"
        );
        let sdr = TransitionActor::Person { roles: &[Role::Sdr], is_editor: false };
        assert_eq!(refused(Approved, ReleaseAction::GoLive, sdr), "only RevOps may do this");
        let editor = TransitionActor::Person { roles: &[Role::Revops], is_editor: true };
        assert_eq!(
            refused(Approved, ReleaseAction::GoLive, editor),
            "you edited this change, so someone else must do this"
        );
    }

    #[test]
    fn only_what_was_live_is_restored_and_a_pause_ends_where_it_began() {
        let lead = TransitionActor::Person { roles: &[Role::RevopsLead], is_editor: false };
        let withdrawn = ReleasePosition { has_been_live: false, ..at(Retired) };
        assert!(matches!(
            step(withdrawn, ReleaseAction::Restore, lead),
            Err(TransitionRefusal::Stage(Retired))
        ));
        let revops = TransitionActor::Person { roles: &[Role::Revops], is_editor: false };
        for stage in [Simulation, Shadow, AssignReview, Rollout] {
            let paused = ReleasePosition { paused_from: Some(stage), ..at(Paused) };
            assert_eq!(step(paused, ReleaseAction::Resume, revops), Ok(stage));
        }
    }

    #[test]
    fn moves_are_those_of_the_acts() {
        for &from in Stage::VARIANTS {
            for &to in Stage::VARIANTS {
                let by_act = ReleaseAction::VARIANTS
                    .iter()
                    .filter_map(|act| expected(from, *act))
                    .any(|(_, stage)| stage == to);
                let resumed = from == Paused && matches!(to, Simulation | Shadow | AssignReview | Rollout);
                assert_eq!(may_move(from, to), by_act || resumed, "{from} {to}");
            }
        }
    }
}
