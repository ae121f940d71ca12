### Charts: bars, lines, the funnel, histograms and calibration curves.

# $title (String) - The title of the chart.
charts-read-out = { $title }; use the arrow keys to read values
charts-as-table = Show as table
# $caption (String) - The caption of the table.
charts-table = Table: { $caption }
# $format (String) - The format of the file, for example "CSV".
# $title (String) - The title of the chart.
charts-file = { $format } of { $title }

# $name (String) - The entry of the legend.
# $value (String) - Its value.
charts-legend = { $name } { $value }

# $name (String) - The head of a column.
charts-head-share = { $name } (share, 0 to 1)
# $name (String) - The head of a column.
charts-head-first-day = { $name } (first day)
# $name (String) - The head of a column.
charts-head-decisions = { $name } (decisions)
# $step (String) - The length of a period: day, week or month.
charts-period = { $step ->
    [day] Day
    [week] Week
   *[month] Month
}
# $low (String) - The lower bound.
# $high (String) - The upper bound.
charts-range = { $low } to { $high }
charts-confidence = Confidence
charts-leads = Leads

charts-decisions = Decisions
charts-decisions-caption = Decisions by action
charts-decisions-all = All
charts-decisions-open = Paler bar: the period is not over yet
# $step (String) - The length of a bar: day, week or month.
# $first (String) - The first period.
# $last (String) - The last period.
# $least (String) - The number of decisions of the shortest bar.
# $most (String) - The number of decisions of the tallest bar.
# $total (String) - The number of all decisions.
charts-decisions-summary = { $step ->
    [day] Decisions by action per day, { $first } to { $last }. Between { $least } and { $most } per day, { $total } in total.
    [week] Decisions by action per week, { $first } to { $last }. Between { $least } and { $most } per week, { $total } in total.
   *[month] Decisions by action per month, { $first } to { $last }. Between { $least } and { $most } per month, { $total } in total.
}
# $period (String) - The period of a bar that is not over yet.
charts-decisions-so-far = { $period }, so far
# $period (String) - The period.
# $count (Number) - The number of decisions.
# $shown (String) - The same, formatted.
# $actions (String) - The number of decisions per action.
charts-decisions-bar = { $count ->
    [0] { $period }: no decisions
    [one] { $period }: { $shown } decision; { $actions }
   *[other] { $period }: { $shown } decisions; { $actions }
}
# $action (String) - The action.
# $count (String) - The number of decisions.
charts-decisions-action = { $action } { $count }

charts-funnel-caption = Funnel
charts-funnel-stage = Stage
charts-funnel-of-previous = Of previous stage
charts-funnel-of-all = Of all
# $stage (String) - The first stage.
# $count (String) - The number of leads.
charts-funnel-first = { $stage }: { $count }
# $stage (String) - The stage.
# $count (String) - The number of leads.
# $previous (String) - Their share of the previous stage.
# $all (String) - Their share of all leads.
charts-funnel-next = { $stage }: { $count }, { $previous } of the previous stage, { $all } of all
# $title (String) - The title of the chart.
# $values (String) - The values, separated by semicolons.
charts-summary = { $title }. { $values }.
# $values (String) - The values so far.
# $next (String) - The next value.
charts-summary-next = { $values }; { $next }

charts-histogram-caption = By confidence
# $range (String) - The range of the bin.
# $count (String) - The number of leads.
charts-histogram-bin = { $range }: { $count }
# $range (String) - The range of the bin.
# $count (String) - The number of leads.
# $share (String) - Their share of all leads.
charts-histogram-bin-share = { $range }: { $count }, { $share }
# $count (Number) - The number of leads.
# $title (String) - The title of the chart.
# $shown (String) - The number of leads, formatted.
# $range (String) - The range with the most leads.
charts-histogram-summary = { $count ->
    [0] { $title }, no leads.
    [one] { $title }, { $shown } lead at { $range }.
   *[other] { $title }, { $shown } leads in total. Most are at { $range }.
}

charts-share = Share
charts-shares-caption = Shares over time
# $line (String) - The label of the line.
# $share (String) - Its share.
charts-line-value = { $line } { $share }
# $period (String) - The period.
# $values (String) - The values of all lines.
charts-line-period = { $period }: { $values }

charts-correct = Correct
charts-correct-interval = Correct, with 95 % interval
charts-perfect = Perfect calibration
charts-calibration-caption = Correct decisions by confidence
charts-judged = Judged
charts-mean-confidence = Mean confidence
charts-interval = 95 % interval
# $low (String) - The lower bound in percent.
# $high (String) - The upper bound in percent.
charts-interval-percent = { $low }–{ $high } %
# $count (Number) - The number of judged decisions.
# $title (String) - The title of the chart.
# $shown (String) - The number of judged decisions, formatted.
# $error (String) - The expected calibration error.
charts-calibration-summary = { $count ->
    [one] { $title }, { $shown } judged decision. Expected calibration error { $error }.
   *[other] { $title }, { $shown } judged decisions. Expected calibration error { $error }.
}
# $count (Number) - The number of judged decisions.
# $title (String) - The title of the chart.
# $shown (String) - The number of judged decisions, formatted.
# $needed (String) - The number of judged decisions that are needed.
charts-calibration-too-few = { $count ->
    [one] { $title }, { $shown } judged decision. Expected calibration error n/a: at least { $needed } judged decisions are needed.
   *[other] { $title }, { $shown } judged decisions. Expected calibration error n/a: at least { $needed } judged decisions are needed.
}
# $range (String) - The range of confidence.
# $right (String) - The number of correct decisions.
# $judged (String) - The number of judged decisions.
# $share (String) - The share of correct decisions.
# $confidence (String) - The mean confidence.
charts-calibration-bin = { $range }: { $right } of { $judged } correct, { $share }; mean confidence { $confidence }
# $range (String) - The range of confidence.
charts-calibration-bin-empty = { $range }: no judged decisions
