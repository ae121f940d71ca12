### The list of finished actions.

history-title = Delivery history
# $count (Number) - How many.
# $shown (String) - The same, formatted.
history-rows = { $count ->
    [one] { $shown } action
   *[other] { $shown } actions
}
history-caption = Finished actions
history-column-lead = Lead
history-column-action = Action
history-column-destination = Destination
history-column-result = Result
history-column-attempts = Attempts
history-column-key = Key
history-column-expires = Expires
history-column-decided = Decided
history-column-finished = Finished
history-results = Results
history-all = All
history-unfinished = Unfinished

history-lead = Lead
history-find-lead = Lead: name, company or e-mail
history-key = Key
history-key-starts = Key starts with
# $digits (String) - The minimum number of digits.
history-find-key = Key, at least { $digits } digits
history-any-destination = Any destination
history-filter = Filter

history-none-so-far-title = No match so far
# $count (String) - How many actions were searched.
history-none-so-far = No match among the { $count } actions searched. There are more.
history-search-further = Continue search
history-none-title = No finished actions yet
history-none = An action appears here when it is delivered, or when it will not be sent any more.
history-none-match-title = No actions match these filters
history-clear-filters = Clear filters
