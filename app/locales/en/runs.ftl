### Runs: the list, a run's page, and the actions on runs.

runs-title = Runs
runs-about = Imports, replays and other long-running work
runs-import-leads = Import leads
# $count (Number) - How many.
# $shown (String) - The same, formatted.
runs-rows = { $count ->
    [one] { $shown } run
   *[other] { $shown } runs
}
runs-caption = Runs and their states
runs-column-run = Run
runs-column-state = State
runs-column-progress = Progress
runs-column-started-by = Started by
runs-column-started = Started
runs-column-process = Process
runs-find = Find runs
runs-filter = Filter runs
runs-kind = Kind
runs-any-kind = Any kind
runs-state = State
runs-any-state = Any state
runs-none-title = No runs yet
runs-none = Imports, replays and impact computations appear here as soon as they start.
runs-none-match-title = No runs match these filters
runs-show-all = Show all runs

# $file (String) - The name of the file.
runs-import-of = Import of { $file }
# $number (String) - The number of the change.
runs-impact-of = Impact of change #{ $number }
runs-cancelling = Cancelling
runs-unknown-state = Unknown

runs-replay = Replay decisions
runs-replay-explained = Evaluates stored decisions again with the same inputs and rules, and compares the results. It changes nothing and sends nothing.
runs-workflow = Workflow
runs-all-workflows = All workflows
runs-period = Period
runs-all-time = All time
# $days (Number) - The length of the period.
runs-last-days = { $days ->
    [one] Last day
   *[other] Last { $days } days
}

runs-waiting = Waiting for a process
runs-starting = Starting
runs-computed = Computed
runs-cancelled = Cancelled
# $phase (String) - What the run does now.
# $percent (String) - The share that is done, without decimals.
runs-under-way-percent = { $phase } ({ $percent } %)
# $phase (String) - What the run does now.
# $done (String) - How many are done.
# $total (String) - How many there are.
runs-under-way-count = { $phase }: { $done } of { $total }

# $count (Number) - How many decisions were compared.
# $shown (String) - The same, formatted.
runs-replayed-same = { $count ->
    [0] There were no decisions to compare.
    [one] Compared { $shown } decision: the result is the same.
   *[other] Compared { $shown } decisions: all results are the same.
}
# $different (Number) - How many decisions have a different result.
# $compared (String) - How many were compared, formatted.
# $shown (String) - How many are different, formatted.
runs-replayed-different = { $different ->
    [one] Of { $compared } decisions compared, { $shown } has a different result.
   *[other] Of { $compared } decisions compared, { $shown } have different results.
}
# $count (Number) - How many decisions are about people who were erased.
# $shown (String) - The same, formatted.
runs-replayed-erased = { $count ->
    [one] { $shown } decision cannot be compared because the person was erased.
   *[other] { $shown } decisions cannot be compared because the people were erased.
}
runs-differences-caption = The first decisions with a different result
runs-differences-decision = Decision
runs-differences-part = First part that differs
# $command (Element) - The command.
runs-differences-next = To compare both results, run { $command } with the decision’s ID.

runs-no-deliveries = No failed deliveries match these filters now.
# $count (Number) - How many.
# $shown (String) - The same, formatted.
runs-deliveries-retried = { $count ->
    [one] { $shown } delivery is being retried.
   *[other] { $shown } deliveries are being retried.
}
# $count (Number) - How many.
# $shown (String) - The same, formatted.
runs-deliveries-superseded = { $count ->
    [one] { $shown } was closed because a later decision has been delivered.
   *[other] { $shown } were closed because later decisions have been delivered.
}
# $count (Number) - How many.
# $shown (String) - The same, formatted.
runs-deliveries-overtaken = { $count ->
    [one] { $shown } waits for a later delivery that is in progress.
   *[other] { $shown } wait for later deliveries that are in progress.
}
runs-stop-retrying = Stop retrying
runs-retried = Retried
runs-failed-deliveries = Failed deliveries
# $number (String) - The number of the change.
runs-to-change = Show impact on change #{ $number }

# $count (Number) - How many.
# $shown (String) - The same, formatted.
runs-imported = { $count ->
    [one] { $shown } lead event imported
   *[other] { $shown } lead events imported
}
# $shown (String) - How many.
runs-imported-before = { $shown } imported before
# $shown (String) - How many.
runs-imported-rejected = { $shown } rejected
runs-file-caption = Rows of the file
runs-file-rows = Rows
runs-file-imported = Imported
runs-file-repeated = Imported before
runs-file-rejected = Rejected
runs-file-outcomes = Outcomes recorded
runs-file-outcomes-rejected = Outcomes rejected
runs-rejects-others = RevOps and administrators can download the rejected rows.
runs-rejects-next = Correct the rejected rows and import the file again. Rows that are already imported are skipped.
runs-rejects-download = Download rejected rows
runs-rejects-about = With line, column and reason. Kept for seven days.
runs-show-leads = Show leads
runs-import-another = Import another file

runs-breadcrumb = Breadcrumb
runs-cancelled-explained = This run was cancelled. Its work up to that point is kept.
runs-cancel = Cancel run
runs-cancel-explained = The run stops within seconds. Its work so far is kept.
runs-refresh = Refresh
runs-leave = You can leave this page. The run continues and is listed under Runs.
runs-retry = Retry run
runs-fact-state = State
runs-fact-started-by = Started by
runs-fact-took = Duration
runs-fact-cancelled-by = Cancelled by
runs-fact-resumed = Resumed after a restart
# $count (Number) - How many times.
runs-fact-resumed-times = { $count ->
    [one] Once
    [2] Twice
   *[other] { $count } times
}
runs-fact-process = Process
# $name (String) - Who did it.
# $time (Element) - When.
runs-by-at = { $name }, { $time }

runs-cancel-requested = Cancelling the run. Its work so far is kept.
runs-cancel-too-late = This run has already finished or is being cancelled.
runs-retry-refused = Only failed or cancelled runs can be retried.
runs-retry-started = The run was started again.
