### Deliveries: the destinations, pausing and resuming them, and the states of actions.

deliveries-title = Deliveries
deliveries-breadcrumb = Breadcrumb
deliveries-history = History
deliveries-erased-person = Erased person
deliveries-retry = Retry
# $action (String) - The kind of action, for example "CRM action".
# $destination (String) - The title of the destination.
deliveries-retry-action = Retry { $action } to { $destination }

# $count (Number) - How many.
# $shown (String) - The same, formatted.
deliveries-destinations = { $count ->
    [one] { $shown } destination
   *[other] { $shown } destinations
}
# $shown (String) - How many.
deliveries-count-waiting = { $shown } waiting
# $shown (String) - How many.
deliveries-count-sending = { $shown } being sent
# $shown (String) - How many.
deliveries-count-failed = { $shown } failed
# $shown (String) - How many.
deliveries-count-expired = { $shown } expired
deliveries-all-done-title = Everything is delivered
deliveries-all-done = Actions are sent as soon as they are decided. The table counts the ones that are waiting, being sent, failed or expired.

# $count (Number) - How many.
# $shown (String) - The same, formatted.
# $destination (String) - The title of the destination.
deliveries-expired = { $count ->
    [one] { $shown } action to { $destination } expired and was not sent.
   *[other] { $shown } actions to { $destination } expired and were not sent.
}
deliveries-expired-about = These actions waited until they were too old to be useful. To send a lead’s current state, evaluate the lead again.
deliveries-review-expired = Mark as reviewed
deliveries-show-expired = Show expired actions
deliveries-show-history = Show in history

# $workflow (String) - The title of the workflow.
# $reason (Element) - The reason that was given.
deliveries-stopped = { $workflow } is stopped: { $reason }
# $reason (Element) - The reason that was given.
deliveries-all-stopped = Every workflow is stopped: { $reason }
# $name (String) - Who stopped it.
# $time (Element) - When.
deliveries-stopped-by = Stopped by { $name }, { $time }. New leads go to the queue, and nothing is sent.

deliveries-none-title = No destinations yet
deliveries-none = A destination is a system that receives decisions, such as a warehouse or any system that accepts webhooks. Define one in your workflow file and apply the file:

deliveries-caption = Destinations and their unfinished actions
deliveries-column-destination = Destination
deliveries-column-state = State
deliveries-column-waiting = Waiting
deliveries-column-sending = Being sent
deliveries-column-failed = Failed
deliveries-column-expired = Expired
deliveries-column-oldest = Oldest waiting
deliveries-column-actions = Pause or resume

deliveries-state-paused = Paused
deliveries-state-no-response = Not responding
deliveries-state-sending = Sending
# $count (Number) - How many times in a row.
# $shown (String) - The same, formatted.
deliveries-suspended = { $count ->
    [one] Suspended once.
   *[other] Suspended { $shown } times in a row.
}
# $time (Element) - The time of day.
deliveries-next-attempt = Next attempt at { $time }.
deliveries-next-attempt-due = The next attempt is due.

# $shown (String) - How many.
deliveries-pace-at-once = at most { $shown } at once
# $shown (String) - How many.
deliveries-pace-per-minute = { $shown } per minute
# $share (String) - The share of the quota that Meshline may use, in percent.
# $quota (String) - The number of calls that the system allows in a day.
# $used (String) - How many Meshline used today.
# $ours (String) - How many Meshline may use.
deliveries-pace-per-day = { $share } % of { $quota } per day ({ $used } of { $ours } used)

deliveries-pause = Pause
# $destination (String) - The title of the destination.
deliveries-pause-destination = Pause { $destination }
deliveries-pause-about = Everyone sees the reason. Actions wait in order until you resume; those that expire in the meantime are not sent.
deliveries-reason = Reason
deliveries-resume = Resume
# $title (String) - The title of the destination or workflow.
deliveries-resume-title = Resume { $title }
deliveries-edit-title = Edit title
# $destination (String) - The title of the destination.
deliveries-edit-title-of = Edit title of { $destination }
deliveries-field-title = Title
# $name (Element) - The name of the destination.
deliveries-field-title-about = Shown instead of the name. Files keep using { $name }.
deliveries-save-title = Save title

# $destination (String) - The title of the destination.
deliveries-not-paused = { $destination } was not paused.
# $destination (String) - The title of the destination.
# $reason (String) - The reason that was given.
deliveries-already-paused = { $destination } is already paused: { $reason }
# $destination (String) - The title of the destination.
deliveries-paused = { $destination } is paused. Actions wait until you resume it.
# $destination (String) - The title of the destination.
deliveries-is-not-paused = { $destination } is not paused.
# $destination (String) - The title of the destination.
deliveries-not-resumed = { $destination } was not resumed.
# $destination (String) - The title of the destination.
deliveries-resumed = { $destination } is resumed.
# $count (Number) - How many.
# $shown (String) - The same, formatted.
deliveries-resumed-sent = { $count ->
    [one] { $shown } action is being sent.
   *[other] { $shown } actions are being sent.
}
# $count (Number) - How many.
# $shown (String) - The same, formatted.
deliveries-resumed-expired = { $count ->
    [one] { $shown } action expired and is not sent.
   *[other] { $shown } actions expired and are not sent.
}
# $destination (String) - The title of the destination.
deliveries-reviewed = Expired actions to { $destination } are marked as reviewed. They stay in the history.
deliveries-reason-missing = Give a reason, so that others know why.
# $count (String) - The number of characters.
# $limit (String) - The maximum number of characters.
deliveries-reason-too-long = The reason has { $count } characters. Shorten it to { $limit } or fewer.

# The states of an action.
deliveries-action-failed = Failed, needs you
deliveries-action-expired = Expired, not sent
deliveries-action-sending = Being sent
# $time (String) - The time of day.
deliveries-action-sending-until = Being sent until { $time }
deliveries-action-stopped = Waiting, workflow stopped
deliveries-action-paused = Waiting, destination paused
deliveries-action-no-response = Waiting, no response
# $time (String) - When, for example "in 3 min".
deliveries-action-retry = Next attempt { $time }
deliveries-action-waiting = Waiting
deliveries-action-delivered = Delivered
deliveries-action-superseded = Superseded by a newer decision
deliveries-action-withdrawn = Withdrawn, person erased
deliveries-action-archived = Archived
deliveries-attempt-retried = Failed, retried
deliveries-attempt-failed = Failed
