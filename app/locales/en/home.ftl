### Home: alerts, tasks, today's decisions, key figures, workflows and the installation.

home-title = Home

home-alerts = Alerts
# $count (Number) - How many.
# $shown (String) - The same, formatted.
home-actions-failed = { $count ->
    [one] { $shown } action failed.
   *[other] { $shown } actions failed.
}
home-actions-failed-about = They are not retried until you act.
home-review = Review
# $destination (String) - The title of the destination.
home-unreachable = { $destination } is unreachable.
# $time (String) - When, for example "in 12 min".
home-unreachable-about = Next attempt { $time }. Its actions wait until then.
home-deliveries = Deliveries
# $job (String) - The title of the job.
home-job-failed = “{ $job }” failed.
home-jobs = Jobs
# $count (Number) - How many, at most the number to which the queue is counted.
# $shown (String) - The same, formatted.
# $hours (String) - How many hours.
home-late = { $count ->
    [one] { $shown } lead has been in the queue for more than { $hours } h.
   *[other] { $shown } leads have been in the queue for more than { $hours } h.
}
home-open-queue = Open queue
# $count (Number) - How many.
# $shown (String) - The same, formatted.
# $destination (String) - The title of the destination.
home-expired = { $count ->
    [one] { $shown } action to { $destination } expired and was not sent.
   *[other] { $shown } actions to { $destination } expired and were not sent.
}
home-expired-about = They expired while they were waiting to be sent.
home-see-expired = View expired
# $count (Number) - How many.
# $destination (String) - The title of the destination.
# $shown (String) - The same, formatted.
home-paused = { $count ->
    [one] { $destination } is paused. { $shown } action is waiting.
   *[other] { $destination } is paused. { $shown } actions are waiting.
}
# $workflow (String) - The title of the workflow.
home-stopped = { $workflow } is stopped.
home-stopped-all = Every workflow is stopped.
# $name (String) - Who stopped it.
# $time (Element) - When.
home-stopped-about = Stopped by { $name }, { $time }. New leads go to the queue. Nothing is sent until the workflow is resumed.
# $name (String) - Who stopped them.
# $time (Element) - When.
home-stopped-all-about = Stopped by { $name }, { $time }. New leads go to the queue. Nothing is sent until the workflows are resumed.
home-resume = Resume
# $workflow (String) - The title of the workflow.
home-resumed = { $workflow } was resumed.
home-resumed-all = Every workflow was resumed.
# $reason (String) - The reason that was given.
home-resumed-reason = Reason: { $reason }
# $name (String) - Who resumed it.
# $time (Element) - When.
home-resumed-by = Resumed by { $name }, { $time }.

home-tasks = Your tasks
home-no-tasks = You’re all caught up.
home-my-leads = My leads
home-to-approve = To approve
home-all-approvals = All approvals
# $what (String) - What changes, for example "Rules Inbound form".
# $name (String) - The author.
# $time (Element) - When.
home-approval = { $what }. Submitted by { $name }, { $time }.
# $roles (String) - The roles that approved it.
home-approved-by = Approved by { $roles }.
home-approve = Approve
# $title (String) - The title of the change.
home-approve-said = Approve { $title }
home-request = Request changes
# $title (String) - The title of the change.
home-request-said = Request changes to { $title }
home-impact-unused = Not used in a live workflow
home-impact-computing = Computing the impact
home-impact-no-leads = No leads to compare yet
# $count (Number) - How many leads were evaluated.
# $shown (String) - The same, formatted.
home-impact-none = { $count ->
    [one] No change for the newest lead
   *[other] No change for the { $shown } newest leads
}
# $moved (String) - How many leads would be decided differently.
# $count (Number) - How many leads were evaluated.
# $shown (String) - The same, formatted.
home-impact-detail = { $count ->
    [one] The action stays the same for the newest lead, but its details change
   *[other] The action stays the same, but details change for { $moved } of the { $shown } newest leads
}
# $count (Number) - How many leads were evaluated.
# $shown (String) - The same, formatted.
home-impact-label = { $count ->
    [one] Change in decisions for the newest lead
   *[other] Change in decisions for the { $shown } newest leads
}
# $moved (String) - How many leads would be decided differently.
# $count (Number) - How many leads were evaluated.
# $shown (String) - The same, formatted.
home-impact-share = { $count ->
    [one] { $moved } of the { $shown } newest lead
   *[other] { $moved } of the { $shown } newest leads
}
# $number (String) - The number of the draft.
home-draft = Draft #{ $number }
# $time (String) - How long ago.
home-draft-saved = Draft, saved { $time }
# $time (String) - How long ago.
home-returned = Changes requested { $time }
# $name (String) - The reviewer.
# $comment (String) - The reviewer's comment.
home-returned-comment = { $name }: { $comment }
home-own = Your changes
home-own-all = All your changes
home-held-title = Paused destinations
home-held-none = No actions waiting
# $count (Number) - How many.
# $shown (String) - The same, formatted.
home-held = { $count ->
    [one] { $shown } action waiting
   *[other] { $shown } actions waiting
}
# $reason (String) - The reason for the pause.
home-held-reason = Paused: { $reason }
home-releases = Releases for you
home-all-releases = All releases
# $number (String) - The number of the release.
# $workflow (String) - The title of the workflow.
home-release = Release { $number }, { $workflow }
# $name (String) - The person who claimed the lead.
home-claimed = Claimed by { $name }
# $shown (String) - How many leads.
home-queue = { $shown } in the queue
home-assigned = Waiting for your answer
# $count (Number) - How many.
# $shown (String) - The same, formatted.
home-failed = { $count ->
    [one] { $shown } failed action
   *[other] { $shown } failed actions
}
home-failed-retry = View causes and retry
home-invited-about = No password yet. The invite link is valid for a day.
# $count (Number) - How many.
# $shown (String) - The same, formatted.
home-invited = { $count ->
    [one] { $shown } invited person
   *[other] { $shown } invited people
}
home-people = People

home-figures = Key figures
# $weeks (String) - The length of each period.
# $days (String) - The age from which outcomes are complete.
home-figures-about = Last { $weeks } weeks vs. previous { $weeks }. Dashed: less than { $days } days old
home-dashboard = Dashboard
home-figures-too-many = Too many leads for this period. Choose a shorter one on the dashboard.
home-mql-to-sql = MQL→SQL
home-false-positives = False positives
home-ae-conversion = AE conversion
home-time-to-sql = Time to SQL
# $time (String) - The time of day.
home-figures-as-of = As of { $time }
# $points (String) - The change with its sign, in percentage points.
home-points = { $points } pt
# $numerator (String) - How many leads count.
# $denominator (String) - Of how many leads.
home-ratio = { $numerator } of { $denominator }
# $leads (Element) - `home-ratio`, as a link.
# $percent (String) - The figure of the earlier period.
home-ratio-then = { $leads }, previously { $percent }
# $leads (Element) - `home-ratio`, as a link.
home-ratio-no-then = { $leads }, no earlier figure
# $count (Number) - How many leads.
# $shown (String) - The same, formatted.
home-median = { $count ->
    [one] Median of { $shown } lead, 12 weeks
   *[other] Median of { $shown } leads, 12 weeks
}

home-today = Today
# $count (Number) - How many.
# $shown (String) - The same, formatted.
home-decisions = { $count ->
    [one] { $shown } decision
   *[other] { $shown } decisions
}
# $shown (String) - How many, at least.
home-decisions-or-more = { $shown } decisions or more
home-no-decisions = No decisions yet today.
home-decisions-by-action = Decisions today by action
home-layers = Layers
home-content = Content
home-rules = Rules
home-sync = Execution & sync
home-control = Control
home-no-owner = No owner
home-content-none = No field extraction is live
# $count (Number) - How many.
# $shown (String) - The same, formatted.
home-content-live = { $count ->
    [one] Live in { $shown } workflow
   *[other] Live in { $shown } workflows
}
home-rules-none = No workflow is live
# $count (Number) - How many.
# $shown (String) - The same, formatted.
home-rules-live = { $count ->
    [one] { $shown } live workflow
   *[other] { $shown } live workflows
}
# $count (Number) - How many.
# $shown (String) - The same, formatted.
home-rules-stopped = { $count ->
    [one] { $shown } workflow stopped
   *[other] { $shown } workflows stopped
}
home-rules-all-stopped = Every workflow is stopped
# $count (Number) - How many.
# $shown (String) - The same, formatted.
home-sync-failed = { $count ->
    [one] { $shown } action failed
   *[other] { $shown } actions failed
}
# $count (Number) - How many.
# $shown (String) - The same, formatted.
home-sync-unreachable = { $count ->
    [one] { $shown } destination unreachable
   *[other] { $shown } destinations unreachable
}
# $count (Number) - How many.
# $shown (String) - The same, formatted.
home-sync-paused = { $count ->
    [one] { $shown } destination paused
   *[other] { $shown } destinations paused
}
home-sync-good = No delivery problems
# $count (Number) - How many.
# $shown (String) - The same, formatted.
home-control-failed = { $count ->
    [one] { $shown } job failed
   *[other] { $shown } jobs failed
}
# $time (String) - When the last job ended.
home-control-good = Jobs are running. Last finished { $time }
home-control-none = No job has run yet

home-workflows = Workflows
home-workflows-caption = Workflows and their state today
home-workflow = Workflow
home-live-version = Live version
home-decided-today = Decided today
home-state = State
home-state-stopped = Stopped
home-state-running = Running
home-state-not-live = Not live
# $version (String) - The version of the rules.
home-version = v{ $version }
home-no-version = none

home-stop = Stop a workflow
home-stop-workflow = Stop workflow
home-stop-all = Every workflow
# $workflow (Element) - The title of the workflow.
# $effect (String) - How many leads go to the queue.
home-stop-effect = { $workflow }: { $effect }
# $days (String) - The number of days.
home-stop-about = Estimated from the last { $days } days. The stop takes effect immediately: new leads go to the queue and nothing is sent until you resume. It needs no approval and is recorded in the audit log.
home-stop-reason = Reason
# $shown (String) - How many leads.
home-stop-most = at least { $shown } leads a day go to the queue
home-stop-none = no recent leads
home-stop-few = less than one lead a day goes to the queue
# $count (Number) - How many leads.
# $shown (String) - The same, formatted.
home-stop-some = { $count ->
    [one] about { $shown } lead a day goes to the queue
   *[other] about { $shown } leads a day go to the queue
}

home-setup = Installation
home-settings = Settings
home-invitations = Invitations
home-invitations-none = No open invitations
# $count (Number) - How many.
# $shown (String) - The same, formatted.
home-invitations-open = { $count ->
    [one] { $shown } invited person without a password
   *[other] { $shown } invited people without a password
}
home-mail = E-mail
home-configured = Configured
home-no-mail = No mail server. Meshline cannot send notifications, and people who forget their password need a link from you.
home-address = Public address
home-no-address = Not configured. Links use the address in your browser.
home-organisation = Organization
home-organisation-good = Named, and every layer has an owner
home-organisation-no-name = No name yet
# $count (Number) - How many.
# $shown (String) - The same, formatted.
home-organisation-ownerless = { $count ->
    [one] { $shown } layer without an owner
   *[other] { $shown } layers without an owner
}
home-key = Master key
# $fingerprint (Element) - The fingerprint.
home-key-about = Fingerprint { $fingerprint }. Keep a copy outside the database: without the key, personal data cannot be read.
home-retention = Retention
home-retention-about = Decisions and the audit log are kept without limit. Erasing a person removes their data.
