### Releases: the list, a release's page, and the actions on releases.

releases-title = Releases
releases-about = Live, upcoming and past releases
# $count (Number) - How many.
# $shown (String) - The same, formatted.
releases-rows = { $count ->
    [one] { $shown } release
   *[other] { $shown } releases
}
releases-column-release = Release
releases-column-stage = Stage
releases-column-workflow = Workflow
releases-column-created = Created
releases-column-since = Since
releases-find = Find releases
releases-filter = Filter releases
releases-any-stage = Any stage
releases-workflows = Workflows
releases-all-workflows = All workflows
releases-none-match-title = No releases match these filters
releases-show-all = Show all releases
releases-none-title = No releases yet
releases-none = When a change is approved, a release appears here for each workflow that uses it. A release decides nothing until someone goes live with it.
releases-to-approvals = Show approvals
# $number (String) - The number of the release.
releases-number = Release { $number }
# $number (String) - The number of the release.
# $kind (String) - The kind of what changed, for example "Rules".
# $subject (String) - The title of what changed.
releases-number-of = Release { $number }, { $kind } { $subject }

releases-breadcrumb = Breadcrumb
# $workflow (String) - The title of the workflow.
releases-of-workflow = Workflow { $workflow }.
# $change (Element) - `releases-change-number`, as a link.
releases-from-change = From { $change }.
# $number (String) - The number of the change.
releases-change-number = change #{ $number }
# $reason (String) - The reason that was given.
releases-waived = Went live without approval: { $reason }.
releases-finish-old = Leads that are already decided finish as they are.
releases-decide-again = Leads in flight are decided again when this release goes live.
releases-hand-to-people = Leads in flight go to people when this release goes live.

releases-changes = Changes
releases-changes-caption = Parts that differ from the bundle that was live before
releases-part = Part
releases-part-new = Version
releases-part-old = Replaces
# $number (String) - The number of the version.
releases-version = Version { $number }
releases-left-out = Removed
releases-added = New

releases-history = History
releases-rebuilt = Rebuilt
releases-gates-changed = Gates changed
# $percent (String) - The share of the traffic.
releases-share = { $percent } % of leads
# $name (String) - The person's name.
releases-by = by { $name }

releases-stage = Stage
releases-stage-approved = Approved, but not live. It decides nothing yet.
releases-stage-live = Live. It decides every event of its workflow.
releases-stage-suspended = Suspended. It does not fit what is live now, so it cannot go live. Withdraw it, or start a new change.
# $number (String) - The number of the release that replaced it.
releases-stage-replaced = Retired. Release { $number } replaced it.
releases-stage-withdrawn = Withdrawn. It never went live.
releases-stage-rolled-back = Rolled back. It no longer decides anything.
releases-approvals = Approvals
releases-not-approved = not yet
# $name (String) - The person's name.
# $time (Element) - When the person approved it.
releases-approved-by-at = { $name }, { $time }

releases-go-live = Go live
releases-go-live-editor = You edited this change, so someone else must go live with it.
releases-go-live-others = RevOps can go live with it.
# $roles (String) - The roles that have to approve it.
releases-approve-again = Another release went live after this one was approved, so this one was rebuilt on what is live now. { $roles } must approve it again.
# $role (String) - The role.
releases-approve-as = Approve as { $role }
releases-approve-editor = You edited this change, so someone else must approve it.
releases-withdraw = Withdraw release
releases-withdraw-explained = The release will not go live. Its version is kept, and you can start another change from it.
releases-reason = Reason

# $number (String) - The number of the release.
# $workflow (String) - The title of the workflow.
releases-went-live = Release { $number } is live in { $workflow } and decides from the next event on.
# $count (Number) - How many were rebuilt.
# $numbers (String) - Their numbers.
releases-rebuilt-others = { $count ->
    [one] Release { $numbers } was rebuilt and needs approval again.
   *[other] Releases { $numbers } were rebuilt and need approval again.
}
# $number (String) - The number of the release.
releases-approved = Approved. Release { $number } can go live.
# $roles (String) - The roles that have not approved it yet.
releases-approved-partly = Approved. { $roles } must approve it too.
releases-withdrawn = Release withdrawn. What is live stays the same.
releases-not-withdrawn = The release was not withdrawn.
releases-reason-missing = Give a reason.
