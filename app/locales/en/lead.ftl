### A lead's page: its decisions, events, actions and timeline.

lead-breadcrumb = Breadcrumb
lead-leads = Leads
lead-erased-person = Erased person

lead-none-title = No decisions yet
lead-none = Events and outcomes are in the timeline.
lead-merged = This lead was merged into another one.
lead-open-other = Open the other lead
lead-merged-about = The other lead receives all new events and outcomes, and figures count it instead.
# $lead (Element) - The name of the other lead, as a link.
lead-suggestion = This may be the same person as { $lead }. One event named both leads, by external ID and by e-mail.
lead-suggestion-unnamed = another lead
# $compare (Element) - `lead-compare`, as a link.
# $time (Element) - When the merge was suggested.
lead-suggestion-open = { $compare }, open since { $time }
lead-compare = Compare and decide
lead-erase = Erase person…
lead-show-decision = Show full decision
lead-earlier-decisions = Earlier decisions
lead-other-decisions = Other decisions
# $count (String) - How many are shown.
lead-newest = Newest { $count }

lead-role = Role
lead-company = Company
lead-domain = Domain
lead-source = Source
lead-assignee = Assigned to
lead-stage = Stage
lead-profile = Profile

lead-decision = Decision
# $decision (Element) - The action, for example "Assign to Jane Adeyemi".
# $facts (Element) - The facts, for example "intent 0.91 and company among target accounts".
lead-decided-because = { $decision }: { $facts }.
# $decision (Element) - The action.
# $rule (Element) - The rule that could not be evaluated.
# $reason (String) - Why, for example "intent is missing".
lead-decided-held = { $decision }: { $rule } could not be evaluated because { $reason }.
lead-held-unknown = a field that it needs is unknown
# $decision (Element) - The action.
lead-decided-default = { $decision }: no rule matched, so the default applies.
lead-rules = Rules:
# $decision (Element) - The action.
# $name (Element) - Who accepted it.
# $time (Element) - When.
lead-accepted-by = { $decision }, accepted by { $name } { $time }.
# $decision (Element) - The action.
# $name (Element) - Who decided it.
# $time (Element) - When.
lead-decided-by = { $decision }, decided by { $name } { $time }.
# $decision (Element) - The action.
# $name (Element) - Who decided it.
# $time (Element) - When.
# $reason (String) - The reason that was given.
lead-decided-by-because = { $decision }, decided by { $name } { $time }: { $reason }.
# $action (Element) - The action.
# $target (Element) - The assignee or the stage.
lead-action-to = { $action } to { $target }
# $action (Element) - The action.
# $pool (Element) - The title of the pool.
lead-action-to-pool = { $action } to { $pool }, but no member was available
lead-hold = Hold
# $items (Element) - The facts so far.
# $next (Element) - The next fact, which is not the last.
lead-facts-next = { $items }, { $next }
# $items (Element) - All facts but the last.
# $last (Element) - The last fact.
lead-facts-and = { $items } and { $last }
# $field (String) - The title of the field.
# $value (Element) - Its value.
lead-fact-value = { $field } { $value }
# $field (String) - The title of the field.
# $list (Element) - The title of the list.
lead-fact-list = { $field } among { $list }
# $field (String) - The title of the field.
lead-fact-given = { $field } was given
# $value (String) - The value.
# $unit (String) - Its unit.
lead-value-unit = { $value } { $unit }
lead-value-yes = Yes
lead-value-no = No
# $field (String) - The title of the field.
lead-unknown-missing = { $field } is missing
# $field (String) - The title of the field.
# $confidence (String) - Its confidence.
# $needed (String) - The confidence that the rule requires.
lead-unknown-uncertain = { $field } is uncertain ({ $confidence }, { $needed } required)
# $rules (String) - The rule set.
# $version (String) - Its version.
lead-rule-set = { $rules } v{ $version }
# $rules (String) - The rule set.
# $version (String) - Its version.
# $number (String) - The number of the rule.
lead-rule-of-set = { $rules } v{ $version }, rule { $number }
# $confidence (String) - The confidence.
lead-confidence = Confidence { $confidence }
lead-live = Live, no override
lead-waiting-manual = Waiting in the manual queue
lead-waiting-sdr = Waiting in the SDR queue
# $rule (String) - The title of the rule.
# $reason (String) - Why, for example "intent is missing".
lead-short-held = “{ $rule }” could not be evaluated: { $reason }
lead-short-default = no rule matched
# $workflow (String) - The title of the workflow.
# $version (String) - The version of the rule set.
# $reason (String) - The rule, or why none decided.
lead-short = { $workflow }, v{ $version }: { $reason }

lead-change = Change decision
lead-change-to = Change to
lead-assign-to = Assign to
lead-reason = Reason
lead-choose-reason = Choose a reason
lead-note = Note
lead-change-about = The new decision applies immediately, and destinations are updated. The rules’ decision stays in the history.
lead-undo = Undo
lead-evaluate = Evaluate again
lead-evaluate-about = The live rules evaluate this lead again, using everything received so far. The new decision replaces this one. It is sent to the destinations, and it can return the lead to the queue. Overrides and outcomes stay in the history.

lead-assigned-to-you = Assigned to you
# $time (String) - When, for example "2 h ago".
lead-assigned-since = Assigned { $time }
lead-accept = Accept
lead-reject = Reject
lead-reject-about = The lead returns to the SDR queue, and you get your turn in the pool back.
lead-reject-lead = Reject lead

lead-event = Event
lead-event-empty = left empty
# $field (String) - The title of the field.
# $reason (String) - Why no value could be read.
lead-event-not-read = No { $field }: { $reason }
# $name (String) - The name of the sender.
# $email (String) - The e-mail address.
lead-event-sender = { $name } <{ $email }>
# $source (String) - The source of the event.
lead-event-source = from { $source }
# $names (String) - The names of the texts.
lead-event-ignored = Not read because no field uses it: { $names }

lead-inputs-caption = Decision inputs with value and confidence
lead-input = Decision input
lead-input-value = Value
lead-input-confidence = Confidence, needed
# $number (Element) - The number of the evidence.
lead-evidence = Evidence { $number }
lead-input-unused = not used by a rule
# $entry (String) - The entry of the list.
# $steps (String) - What the match ignored.
lead-list-entry = { $entry } ({ $steps })
# $fields (String) - The fields that matched.
lead-list-by = by { $fields }
# $fields (String) - The fields that matched.
# $entries (String) - The entries that they matched.
lead-list-by-entries = by { $fields }: { $entries }
# $fields (String) - The fields that were looked up.
# $entry (String) - The entry, which is a domain.
lead-list-free-mail = by { $fields }: { $entry } is on the list, but anyone can have an address there. Write *@{ $entry } to match everyone.
lead-list-yes = On the list
lead-list-no = Not on the list
lead-list-unknown = Unknown
lead-list-nothing = nothing to look up
# $answer (Element) - The result of the look-up.
# $version (String) - The version of the list.
lead-list-version = { $answer } v{ $version }
# $value (String) - The value that a missing field has.
lead-input-counts-as = treated as { $value }
lead-input-not-found = not found
lead-input-nothing = nothing to read
lead-input-not-mapped = not extracted

lead-trace = Rule evaluation
lead-trace-true = true
lead-trace-false = false
lead-trace-unknown = unknown
lead-trace-differs = The rules no longer produce the logged decision.
lead-trace-differs-about = The log or the bundle was changed. Verify the log.
lead-trace-default = Default
lead-trace-default-applies = All rules are false.
# $action (String) - The default action.
lead-trace-default-action = Default: { $action }
lead-trace-default-held = used because a rule could not be evaluated
lead-trace-not-reached = not reached
# $rules (String) - The titles of the rules.
lead-trace-off = Switched off when this was decided: { $rules }.
# $rules (String) - The titles of the rules.
lead-trace-muted = Muted for this account when this was decided: { $rules }.
lead-trace-stops = Evaluation stops at the first rule that is not false.
lead-trace-held = Not enough information
lead-trace-all = all of
lead-trace-any = any of
lead-trace-not = not
lead-trace-yes = yes
lead-trace-no = no

lead-nearest = What would change this decision?
lead-nearest-find = Find the nearest change
lead-nearest-about = Smallest change that leads to a different decision
lead-nearest-none = No change of up to three fields leads to a different decision.
# $fields (String) - How many fields.
lead-nearest-cut = No change was found, but there are too many combinations of { $fields } fields to try them all.
# $rule (String) - The title of the rule.
lead-nearest-held = “{ $rule }” could not be evaluated
lead-nearest-default = no rule would match
# $action (Element) - The action.
lead-nearest-result = It would be { $action }
lead-nearest-maybe-smaller = Some rules calculate with these fields, so a smaller change may be enough.
# $list (String) - The title of the list.
lead-nearest-on-list = on the list { $list }
# $list (String) - The title of the list.
lead-nearest-off-list = not on the list { $list }
lead-nearest-other = anything else
lead-nearest-same = the same, with full confidence
lead-nearest-not-found = not found
lead-nearest-to = to

# $name (String) - The person's name.
lead-pick = Why { $name }?
lead-pick-nobody = Why no one was assigned
# $pool (String) - The title of the pool.
# $version (String) - Its version.
lead-pick-owner = Already owns this lead and is in { $pool } v{ $version }.
# $pool (String) - The title of the pool.
# $version (String) - Its version.
# $available (String) - How many members are available.
# $all (String) - How many members there are.
lead-pick-next = Next in rotation in { $pool } v{ $version }, { $available } of { $all } available.
# $count (Number) - How many members there are.
# $pool (String) - The title of the pool.
# $version (String) - Its version.
lead-pick-none = { $count ->
    [one] The only member of { $pool } v{ $version } was not available.
   *[other] None of the { $count } members of { $pool } v{ $version } was available.
}
lead-pick-show = Show rotation
lead-pick-caption = Rotation of the pool
lead-pick-person = Person
lead-pick-available = Available
lead-pick-yes = Yes
lead-pick-no = No
lead-pick-weight = Weight
lead-pick-before = Credit before
lead-pick-after = Credit after
lead-pick-about = For each lead, every available member earns credit equal to their weight. The member with the most credit gets the lead and gives back what all of them earned.

lead-actions = Actions
# $count (Number) - How many actions.
# $shown (String) - The same, formatted.
# $delivered (String) - How many of them are delivered, formatted.
lead-actions-count = { $count ->
    [one] { $shown } action from this decision, { $delivered } delivered
   *[other] { $shown } actions from this decision, { $delivered } delivered
}
lead-actions-caption = Actions and their deliveries
lead-actions-action = Action
lead-actions-destination = Destination
lead-actions-content = Content
lead-actions-state = State
lead-actions-attempts = Attempts
lead-actions-duration = Duration
lead-actions-none-import = No actions. Imports send nothing.
lead-actions-none-trial = No actions. Simulations and shadow runs send nothing.
lead-actions-none-stopped = No actions yet. The workflow was stopped, so a person decides.
lead-actions-none = No actions. The workflow has no destination for this decision.
lead-content-person = A person’s decision
lead-content-event = The decision with its inputs and rules
# $name (String) - The person's name.
lead-content-owner = owner { $name }
# $stage (String) - The stage.
lead-content-stage = stage { $stage }
# $kind (String) - The kind of meeting.
lead-content-meeting = { $kind } meeting
# $name (String) - The person's name.
lead-content-returned = Returned to the queue by { $name }
# $name (String) - The person's name.
lead-content-undone = Undone by { $name }, so the rules’ decision applies again
# $action (String) - The action, completed.
# $name (String) - The person's name.
lead-content-verdict = { $action } by { $name }
# $action (String) - The action, completed.
# $name (String) - The person's name.
# $owner (String) - The name of the assignee.
lead-content-verdict-owner = { $action } by { $name }, owner { $owner }
# $destination (String) - The title of the destination.
# $reason (Element) - The reason that was given.
lead-destination-paused = { $destination } is paused: { $reason }
lead-destination-paused-about = Pending actions are sent after it resumes.
# $destination (String) - The title of the destination.
# $error (Element) - The error.
lead-delivery-failed = Delivery to { $destination } failed: { $error }
# $destination (String) - The title of the destination.
# $error (Element) - The error.
lead-delivery-retrying = Not delivered to { $destination } yet: { $error }
# $count (Number) - How many.
# $shown (String) - The same, formatted.
lead-delivery-attempts = { $count ->
    [one] { $shown } attempt
   *[other] { $shown } attempts
}
# $time (String) - When.
lead-delivery-last = last { $time }
# $time (String) - When.
lead-delivery-next = next { $time }
# $time (String) - When.
lead-delivery-expires = expires { $time }

lead-timeline = Timeline
lead-timeline-no-time = Time unknown
# $count (Number) - How many.
# $shown (String) - The same, formatted.
lead-timeline-older = { $count ->
    [one] { $shown } older entry
   *[other] { $shown } older entries
}
# $count (Number) - How many.
# $event (String) - The kind of event.
# $shown (String) - How many, formatted.
lead-timeline-events = { $count ->
    [one] { $event }
   *[other] { $event }, { $shown } times
}
# $count (Number) - How many.
# $shown (String) - The same, formatted.
lead-timeline-delivered = { $count ->
    [one] { $shown } action delivered
   *[other] { $shown } actions delivered
}
# $entry (String) - The details of the entry, after its time.
lead-timeline-details = , { $entry }
# $action (Element) - The action, completed.
# $name (String) - The name of the assignee.
lead-timeline-to = { $action } to { $name }
# $action (Element) - The action, completed.
lead-timeline-held = { $action }, not enough information
# $version (String) - The version of the rule set.
lead-timeline-version = v{ $version }
# $workflow (String) - The title of the workflow.
# $version (String) - The version of the rule set.
lead-timeline-workflow = { $workflow } v{ $version }
lead-timeline-returned = Returned to the queue
lead-timeline-undone = Undone, the rules’ decision applies again
# $name (String) - The person's name.
lead-timeline-by = by { $name }
# $state (Element) - The state of the action.
# $action (String) - The kind of action.
lead-timeline-failed = { $state }, { $action }
# $stage (Element) - The stage that the lead reached.
# $amount (String) - The amount of money.
lead-timeline-amount = { $stage }, { $amount }
# $text (String) - The reason that was given.
lead-timeline-reason = “{ $text }”
lead-timeline-merged = Merged into another lead
lead-timeline-unmerged = Merge into another lead undone
lead-timeline-merged-in = Another lead was merged into this one
lead-timeline-unmerged-in = Merge of another lead undone

lead-kept = Kept data
lead-erased = This person was erased.
# $time (Element) - When.
lead-erased-at = This person was erased { $time }.
lead-kept-about = Events and the values read from them can no longer be opened, because their key was destroyed. Decisions, rules and times are kept, and these hashes still verify the log.
lead-kept-event = Event
lead-kept-bundle = Bundle
lead-kept-decision-id = Decision ID
lead-kept-rules = Rule results

# $reason (String) - Why, as a sentence.
lead-not-evaluated = The lead was not evaluated again. { $reason }
# $reason (String) - Why, for example "another one has this lead".
lead-not-evaluated-because = The lead was not evaluated again: { $reason }.
# $action (String) - The action.
lead-evaluated = Evaluated again by the live rules: { $action }.
lead-not-changed = The decision was not changed.
# $reason (String) - Why, as a sentence.
lead-not-changed-because = The decision was not changed. { $reason }
# $action (String) - The action, completed, within a sentence.
lead-changed = Decision changed: { $action }. You can undo this for two minutes.
# $action (String) - The action, completed, within a sentence.
# $name (String) - The name of the assignee.
lead-changed-to = Decision changed: { $action } to { $name }. You can undo this for two minutes.
# $workflow (String) - The title of the workflow.
lead-changed-stopped = Nothing is sent until { $workflow } resumes.
# $reason (String) - Why the person cannot take the lead.
lead-choose-other = Choose another person: { $reason }.
lead-choose-action = Choose an action.
lead-choose-person = Choose a person.
lead-reason-missing = Choose a reason; it helps improve the rules.
lead-note-missing = Describe the reason in the note.
# $count (String) - The number of characters.
# $limit (String) - The maximum number of characters.
lead-note-too-long = The note has { $count } characters. Shorten it to { $limit } or fewer.
# $reason (String) - The reason.
# $note (String) - What the person added.
lead-reason-with-note = { $reason }: { $note }

# Why a person changes a decision; also in destinations and exports.
lead-reason-good-fit = Good fit despite the rules
lead-reason-new-information = New information about the lead
lead-reason-wrong-person = Belongs to someone else
lead-reason-already-customer = Already a customer or talking to us
lead-reason-outside-market = Outside our market
lead-reason-student-or-research = Student or research
lead-reason-competitor-or-supplier = Competitor or supplier
lead-reason-unreachable = Unreachable
lead-reason-bad-timing = Not now
lead-reason-other = Other
