### The list of unfinished actions, and retrying the failed ones.

unfinished-title = Unfinished actions
# $count (Number) - How many.
# $shown (String) - The same, formatted.
unfinished-rows = { $count ->
    [one] { $shown } action
   *[other] { $shown } actions
}
unfinished-newest-first = Newest decisions first
unfinished-oldest-first = Oldest decisions first
unfinished-column-lead = Lead
unfinished-column-action = Action
unfinished-column-destination = Destination
unfinished-column-state = State
unfinished-column-attempts = Attempts
unfinished-column-error = Last error
unfinished-column-due = Due
unfinished-column-decided = Decided
unfinished-column-retry = Retry
# $time (String) - When.
unfinished-due = Due { $time }
# $time (String) - When.
unfinished-until = Until { $time }
# $time (String) - When.
unfinished-expired-at = Expired { $time }
# $action (String) - The kind of action.
# $destination (String) - The title of the destination.
# $lead (String) - The name of the lead.
unfinished-select = Select { $action } to { $destination } for { $lead }
# $action (String) - The kind of action.
# $destination (String) - The title of the destination.
unfinished-select-erased = Select { $action } to { $destination } for an erased person

unfinished-states = States
unfinished-all = All
unfinished-waiting = Waiting
unfinished-sending = Being sent
unfinished-failed = Failed, needs you
unfinished-expired = Expired
unfinished-history = History

unfinished-find-error = Last error contains
unfinished-error-contains = Error contains
unfinished-any-destination = Any destination
unfinished-filter = Filter

# $count (Number) - How many.
# $shown (String) - The same, formatted.
unfinished-closed = { $count ->
    [one] { $shown } action expired and was not sent.
   *[other] { $shown } actions expired and were not sent.
}
unfinished-show-history = Show in history

# $count (Number) - How many.
# $shown (String) - The same, formatted.
unfinished-retry-all = { $count ->
    [one] Retry this action
   *[other] Retry all { $shown }
}
# $shown (String) - The number that there are more than.
unfinished-retry-all-more = Retry all (more than { $shown })
# $count (Number) - How many.
# $shown (String) - The same, formatted.
unfinished-retry-about = { $count ->
    [one] { $shown } failed action matches these filters. It is sent again with its original key.
   *[other] { $shown } failed actions match these filters. They are sent again, each with its original key.
}
# $shown (String) - The number that there are more than.
unfinished-retry-about-more = More than { $shown } failed actions match these filters. They are sent again, each with its original key.
unfinished-retry-superseded = If a later decision has already been delivered to the same record, the older action is closed instead.
unfinished-retry-selected = Retry selected
unfinished-select-all = Select all on this page
unfinished-clear-selection = Clear selection
unfinished-retried = Retried
unfinished-stop-retrying = Stop retrying

unfinished-none-match-title = No actions match these filters
unfinished-none-match = Remove a filter, or show all unfinished actions.
unfinished-show-all = Show all unfinished actions
# $destination (String) - The title of the destination.
unfinished-none-destination = This list shows only actions to { $destination }.
unfinished-none-title = No unfinished actions
unfinished-none = Actions appear here while they are waiting, being sent or failed.
unfinished-none-waiting-title = No waiting actions
unfinished-none-waiting = Every action was sent as soon as it was decided.
unfinished-none-sending-title = No actions are being sent
unfinished-none-sending = Actions appear here while their destination processes them.
unfinished-none-failed-title = No failed actions
unfinished-none-failed = Actions that a destination rejects, or that fail too often, appear here. You can then fix the cause and retry them.
unfinished-none-expired-title = No waiting actions have expired
unfinished-none-expired = Expired actions that were closed are in the history.

unfinished-retrying = Retrying.
unfinished-superseded = A later decision has already been delivered to the same record, so this action was closed without being sent.
unfinished-not-failed = This action is no longer failed, so it was not retried.
unfinished-overtaken = Not retried: a later decision about this lead is being sent to the same destination. Try again in a minute.
unfinished-none-selected = Select the actions to retry.
# $count (Number) - How many were not retried.
# $shown (String) - The same, formatted.
unfinished-stopped = { $count ->
    [0] The retry had already finished.
    [one] { $shown } action was not retried and is still failed.
   *[other] { $shown } actions were not retried and are still failed.
}
# $count (Number) - How many.
# $shown (String) - The same, formatted.
unfinished-retrying-many = { $count ->
    [one] { $shown } action is being retried.
   *[other] { $shown } actions are being retried.
}
# $count (Number) - How many.
# $shown (String) - The same, formatted.
unfinished-superseded-many = { $count ->
    [one] { $shown } was closed because a later decision has been delivered.
   *[other] { $shown } were closed because later decisions have been delivered.
}
# $count (Number) - How many.
# $shown (String) - The same, formatted.
unfinished-overtaken-many = { $count ->
    [one] { $shown } waits for a later action that is being sent.
   *[other] { $shown } wait for later actions that are being sent.
}
unfinished-none-retried = No failed actions match any more.
