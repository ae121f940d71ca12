### The queue, the decisions made there, and an AE's answer to a lead.

queue-title = Queue
# $shown (String) - How many leads.
queue-title-waiting = Queue, { $shown } waiting
# $shown (String) - How many leads.
# $duration (String) - How long the oldest has waited.
queue-waiting-oldest = { $shown } waiting, oldest { $duration }.
# $shown (String) - How many leads.
queue-waiting = { $shown } waiting.
# $shown (String) - How many leads.
queue-own = You decided { $shown } today.
queue-empty-title = The queue is empty
queue-empty = Leads come here when a rule needs a field that is missing, when no rule matches, or when a workflow is stopped.
queue-open-leads = Open leads
queue-none-match = No leads match these filters
queue-show-all = Show the whole queue
# $workflow (String) - The title of the workflow.
queue-stopped = { $workflow } is stopped.
queue-stopped-all = Every workflow is stopped.
queue-stopped-about = Your decisions are saved. Nothing is sent until the workflow is resumed.
queue-stopped-all-about = Your decisions are saved. Nothing is sent until the workflows are resumed.

# $position (String) - The position of the open lead.
# $total (String) - How many leads are in the list.
queue-position = { $position } of { $total }
# $shown (String) - How many leads.
queue-handle = { $shown } waiting
# $rows (String) - How many leads are shown.
# $total (String) - How many there are.
queue-most-urgent = The { $rows } most urgent of { $total }.
queue-end = End of the queue.
queue-list = List
queue-leads = Leads waiting
queue-show-list = Show list
queue-hide-list = Hide list
queue-skip = Skip to the lead
queue-order = Sorted by priority, then waiting time
queue-next = Next
queue-previous = Previous
queue-claimed-by-you = Claimed by you
# $name (String) - The person.
queue-claimed-by = Claimed by { $name }
# $name (String) - The person whom the lead is about.
# $reason (String) - Why it waits.
queue-person-reason = { $name }: { $reason }
queue-just-now = under 1 min
# $shown (String) - How many minutes.
queue-minutes = { $shown } min
# $shown (String) - How many hours.
queue-hours = { $shown } h
# $count (Number) - How many days.
queue-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
# $count (Number) - How many months.
queue-months = { $count ->
    [one] { $count } month
   *[other] { $count } months
}
queue-priority-high = High priority
queue-priority-medium = Medium priority
queue-priority-low = Low priority
# $name (String) - The AE.
queue-rejected-by = Rejected by { $name }
# $field (String) - The title of the field.
queue-missing = { $field } missing
# $field (String) - The title of the field.
queue-uncertain = { $field } uncertain
queue-not-evaluated = A rule could not be evaluated
queue-workflow-stopped = Workflow stopped
queue-no-one = No one available
queue-escalated = Escalated
queue-no-rule = No rule matched
queue-filter = Filter
queue-filter-queue = Filter the queue
queue-workflow = Workflow
queue-any-workflow = Any workflow
queue-queue = Queue
queue-both = Both queues
queue-suggested = Suggested
queue-any-suggestion = Any suggestion
queue-nothing-suggested = No suggestion
queue-of = Claimed or assigned
queue-anyone = Anyone
queue-me = Me
queue-clear = Clear

queue-inputs = Decision inputs
# $duration (String) - How long the lead has waited.
queue-waiting-since = Waiting { $duration }
# $kind (String) - The kind of event.
# $time (Element) - When it happened.
queue-event = { $kind } { $time }
# $name (String) - The AE.
queue-assigned-to = Assigned to { $name }
queue-open-lead = Open lead
queue-left = No longer in the queue.
# $name (String) - The person.
# $left (String) - How long the claim lasts.
queue-claimed = Claimed by { $name } ({ $left }).
queue-read-only = Read only.
# $left (String) - How long the claim lasts.
queue-claimed-you = Claimed by you ({ $left })
queue-put-back = Put back
queue-claim = Claim
queue-claim-about = Others will see you are working on it
queue-left-soon = less than a minute left
# $shown (String) - How many minutes.
queue-left-minutes = { $shown } min left

queue-suggestion = Suggested action
# $action (Element) - The action.
# $person (Element) - The AE.
queue-suggest-person = { $action } to { $person }
# $pool (String) - The title of the pool.
# $action (Element) - The action.
# $person (Element) - The AE.
queue-suggest-rotation = { $action } to { $person }, next in rotation in { $pool }
# $action (Element) - The action.
# $stage (Element) - The stage.
queue-suggest-stage = { $action } to { $stage }
# $action (Element) - What the rules decided.
queue-suggest-none = { $action } No suggestion
# $name (String) - The AE.
# $time (String) - When.
queue-rejected = { $name } rejected this lead { $time }.
# $name (String) - The AE.
# $time (String) - When.
# $reason (String) - The reason that was given.
queue-rejected-reason = { $name } rejected this lead { $time }: { $reason }.
queue-assign-again = Use Change to assign it to someone else, or disqualify it.
# $number (String) - The number of the rule.
# $title (String) - The title of the rule.
queue-rule = rule { $number } ({ $title })
# $rule (String) - The rule.
# $reasons (String) - Why it could not be evaluated.
queue-held-unknown = Held: { $rule } could not be evaluated: { $reasons }.
queue-value-unknown = a value that it needs is unknown
# $workflow (String) - The title of the workflow.
queue-came-stopped = { $workflow } was stopped when this lead came in, so nothing was sent.
queue-pool-empty = No one in the pool was available.
# $rule (String) - The rule.
queue-decided-by-rule = Decided by { $rule }.
queue-decided-by-default = No rule matched, so the default applies.
# $rule (String) - The rule.
queue-escalated-by-rule = Escalated by { $rule }.
# $rule (String) - The rule.
queue-held-by-rule = Held by { $rule }.
queue-held-by-default = Held because no rule matched.
queue-unsaved = Your unsaved text
queue-next-lead = Next lead
queue-already-decided = Already decided
queue-keys = Keyboard shortcuts
queue-key-steps = next, previous
queue-key-claim = claim
queue-key-accept = accept
queue-key-change = change
queue-key-disqualify = disqualify
queue-key-put-back = put back
queue-key-undo = undo
queue-key-all = all shortcuts

queue-who-decides = SDRs, SDR managers and the RevOps lead decide leads here.
queue-assign-to = Assign to
queue-accept = Accept
queue-change = Change
queue-change-to = Change to
queue-to = To
queue-save-change = Save change
queue-disqualify = Disqualify
queue-reason = Reason
queue-choose-reason = Choose a reason
queue-note = Note
queue-undo = Undo
queue-undo-last = Undo the last decision
# $lead (String) - The lead.
# $action (String) - What was decided, for example "assigned".
queue-last = { $lead }: { $action }

# $lead (String) - The lead.
# $action (String) - What was decided, for example "advanced".
queue-decided = { $lead }: { $action }.
# $lead (String) - The lead.
# $action (String) - What was decided, for example "assigned".
# $name (String) - The person who got it.
queue-decided-to = { $lead }: { $action } to { $name }.
# $workflow (String) - The title of the workflow.
queue-was-stopped = { $workflow } was stopped. Nothing is sent until it resumes.
# $workflow (String) - The title of the workflow.
queue-is-stopped = Nothing is sent until { $workflow } resumes.
# $workflow (String) - The title of the workflow.
queue-has-resumed = { $workflow } has resumed.
queue-gone = This lead is no longer in the queue.
queue-back = Back in the queue.
queue-not-saved = Not saved yet.
# $reason (String) - Why, as a sentence.
queue-not-saved-because = Not saved. { $reason }
# $name (String) - The person.
# $time (String) - When.
# $action (String) - What was decided, for example "assigned".
queue-decided-by = { $name } decided this lead { $time }: { $action }.
queue-decided-again = A new event came in, and the rules decided again.
queue-taken-out = The lead left the queue.
queue-undone = Undone. The lead is back in the queue.
queue-undone-decision = Undone. The earlier decision applies again.
queue-not-undone = Not undone: the two minutes are over, or the lead has changed since.
queue-no-verdict = Unknown decision.
queue-action-missing = Choose an action.
queue-person-missing = Choose a person.
queue-reason-missing = Choose a reason; it helps improve the rules.
queue-note-missing = Add a note, or choose another reason.
# $limit (String) - The maximum number of characters.
# $count (String) - The number of characters.
queue-too-long = Shorten this to { $limit } characters or fewer; it has { $count }.

answers-not-a-fit = Not a fit
answers-no-need = No need or budget
answers-not-the-right-person = Not the right person
answers-unreachable = Unreachable
answers-in-talks = Already in talks with us
answers-not-my-territory = Not my territory
answers-other = Other
answers-not-rejected = Not rejected yet.
answers-unknown = Unknown answer.
# $lead (String) - The lead.
answers-accepted = You accepted { $lead }.
# $lead (String) - The lead.
answers-rejected = You rejected { $lead }. The lead is back in the SDR queue.
# $lead (String) - The lead.
answers-not-yours = Not saved: { $lead } is not assigned to you.
# $lead (String) - The lead.
# $stage (String) - The stage, for example "accepted".
answers-already = Not saved: { $lead } is already { $stage }.
answers-reason-missing = Choose a reason.
answers-note-missing = Describe the reason in a few words.
