### The product's terms, as buttons, chips, lists and the audit log show them.

words-action-advance = Advance
words-action-nurture = Nurture
words-action-reject = Disqualify
words-action-assign = Assign
words-action-hold = Hold
words-action-escalate = Escalate

words-done-advance = Advanced
words-done-nurture = Nurtured
words-done-reject = Disqualified
words-done-assign = Assigned
words-done-hold = Held
words-done-escalate = Escalated

words-mode-historical = Imported, nothing was sent
words-mode-simulation = Simulation, nothing was sent
words-mode-shadow = Shadow run, nothing was sent
words-mode-assign-review = Assign + review
words-mode-live = Live
words-mode-manual = Workflow stopped, in the manual queue

words-result-true = True
words-result-false = False
words-result-unknown = Unknown
words-result-error = Error

words-stage-touched = Touched
words-stage-accepted = Accepted
words-stage-rejected = Rejected
words-stage-sales-qualified = Sales qualified
words-stage-opportunity = Opportunity
words-stage-won = Won
words-stage-lost = Lost
words-stage-disqualified = Disqualified

words-queue-manual = Manual queue
words-queue-other = SDR queue

words-event-form = Web form
words-event-email = E-mail
words-event-conversation = Conversation
words-event-telemetry = Product telemetry
words-event-touchpoint = Touchpoint
words-event-enrichment = Enrichment
words-event-account = Account update
words-event-crm = CRM change

words-effect-decision-event = Decision event
words-effect-lead-update = CRM action
words-effect-meeting = Calendar action
words-effect-message = Message
words-effect-sequence = Sequence

words-unfinished-ready = Waiting
words-unfinished-running = Sending
words-unfinished-dead = Failed
words-unfinished-expired = Expired, not sent

words-destination-postgres = Postgres warehouse

words-run-replay-decisions = Replay of decisions
words-run-replay-deliveries = Retry of failed deliveries
words-run-change-impact = Impact of a change
words-run-import = Import

words-run-state-waiting = Waiting
words-run-state-running = Running
words-run-state-done = Done
words-run-state-failed = Failed
words-run-state-cancelled = Cancelled

words-change-draft = Draft
words-change-submitted = Waiting for approval
words-change-approved = Approved
words-change-returned = Changes requested
words-change-withdrawn = Withdrawn

words-release-approved = Approved
words-release-scheduled = Scheduled
words-release-simulation = Simulation
words-release-shadow = Shadow run
words-release-assign-review = Assign + review
words-release-rollout = Rollout
words-release-paused = Paused
words-release-suspended = Suspended
words-release-live = Live
words-release-retired = Retired
words-release-rolled-back = Rolled back
words-change-unknown = Unknown
words-change-outdated = Outdated

words-act-person-add = Added a person
words-act-person-set-roles = Changed roles
words-act-person-set-password = Set a password
words-act-person-make-setup-link = Created a password link
words-act-person-disable = Deactivated a user
words-act-person-enable = Reactivated a user
words-act-person-sign-in = Signed in
words-act-person-sign-out = Signed out
words-act-person-lock-sign-in = Locked sign-in after wrong passwords
words-act-person-end-session = Signed out a browser
words-act-person-end-sessions = Signed out all other browsers
words-act-person-set-preferences = Changed display preferences
words-act-key-add = Created an API key
words-act-key-revoke = Revoked an API key
words-act-queue-claim = Claimed a lead
words-act-queue-release = Put a lead back
words-act-queue-accept = Accepted the suggestion for a lead
words-act-queue-change = Overrode the suggestion for a lead
words-act-queue-disqualify = Disqualified a lead
words-act-queue-give-back = Undid a decision about a lead
words-act-lead-accept = Accepted an assigned lead
words-act-lead-reject = Rejected an assigned lead
words-act-workflow-save = Saved a workflow
words-act-workflow-release = Released a workflow
words-act-installation-recover = Confirmed a restored database
words-act-installation-move = Detected that the database moved
words-act-workflow-kill = Stopped a workflow
words-act-workflow-resume = Resumed a workflow
words-act-release-create = Created a release
words-act-release-waive = Waived approval of a first release
words-act-release-approve = Approved a release again
words-act-release-rebuild = Rebuilt a release
words-act-release-go-live = Took a release live
words-act-release-replace = Retired a release
words-act-release-suspend = Suspended a release
words-act-release-reinstate = Reinstated a release
words-act-release-withdraw = Withdrew a release
words-act-version-begin = Created the initial version
words-act-version-set-title = Changed a title
words-act-destination-set-title = Changed a title
words-act-rule-switch-off = Switched a rule off
words-act-rule-switch-on = Switched a rule on
words-act-rule-mute = Muted a rule for an account
words-act-rule-unmute = Unmuted a rule for an account
words-act-pool-set-availability = Changed the availability of a pool member
words-act-version-approve = Created a version from an approved change
words-act-change-start = Started a draft
words-act-change-save = Saved a draft
words-act-change-submit = Submitted a change
words-act-change-update = Updated a change to a newer version
words-act-change-withdraw = Withdrew a change
words-act-change-sign = Approved a change
words-act-change-return = Requested changes
words-act-change-comment = Commented on a change
words-act-lead-evaluate = Evaluated a lead again
words-act-lead-erase = Erased a person's data
words-act-lead-merge = Merged two leads
words-act-lead-decline-merge = Declined to merge two leads
words-act-lead-undo-merge = Undid the merge of two leads
words-act-layers-set-owners = Set the layer owners
words-act-settings-set-organisation = Changed the organization settings
words-act-job-request = Started a job
words-act-import-upload = Uploaded a file to import
words-act-import-finish = Imported a file
words-act-run-start = Started a run
words-act-run-cancel = Cancelled a run
words-act-effect-replay = Retried an action
words-act-effect-replay-chosen = Retried selected actions
words-act-effect-stop-replay = Stopped a retry
words-act-effect-replay-all = Retried failed actions
words-act-view-save = Saved a view
words-act-view-rename = Renamed a view
words-act-view-delete = Deleted a view
words-act-export-csv = Exported a list
words-act-credential-save = Saved a credential
words-act-destination-save = Saved a destination
words-act-destination-pause = Paused a destination
words-act-destination-resume = Resumed a destination
words-act-destination-review-expired = Marked expired actions as reviewed

# $name (String) - The name of the command.
words-actor-command = the { $name } command
# Who started a run that pages start by themselves.
words-actor-automatic = Meshline
words-actor-key = an API key
words-actor-unknown = an unknown user
words-unnamed = Unnamed lead
# $id (String) - The lead's ID in its source.
words-unnamed-id = Unnamed lead { $id }
