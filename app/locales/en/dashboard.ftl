### The dashboard: key figures, charts, and outcomes by rule.

dashboard-title = Dashboard
dashboard-none-title = No decisions yet
dashboard-none = Figures appear with the first lead.
dashboard-send-lead = Send a lead
# $period (String) - The period.
# $workflow (String) - The title of the workflow, or `dashboard-every-workflow`.
dashboard-scope = { $period }, { $workflow }
# $period (String) - The period.
# $workflow (String) - The title of the workflow, or `dashboard-every-workflow`.
# $time (String) - The time of day of the figures.
dashboard-scope-as-of = { $period }, { $workflow }, as of { $time }
# $workflow (String) - The title of the workflow, or `dashboard-every-workflow`.
dashboard-scope-invalid = Invalid period, { $workflow }
dashboard-every-workflow = all workflows
dashboard-too-many = This period has too many leads.
dashboard-too-many-next = Choose a shorter one.

dashboard-period = Period
# $days (Number) - The number of days.
dashboard-days = { $days ->
    [one] { $days } day
   *[other] { $days } days
}
# $weeks (Number) - The number of weeks.
dashboard-weeks = { $weeks ->
    [one] { $weeks } week
   *[other] { $weeks } weeks
}
dashboard-all-time = All
dashboard-custom-range = Custom range
dashboard-workflow = Workflow
dashboard-all-workflows = All workflows
dashboard-apply = Apply

dashboard-figures = Key figures
# $day (String) - The day since when leads have had too little time.
# $count (Number) - The number of days until the outcome is known.
dashboard-young = { $count ->
    [one] Dashed after { $day }: less than { $count } day old, outcomes are still coming in
   *[other] Dashed after { $day }: less than { $count } days old, outcomes are still coming in
}
dashboard-formula = Formula
dashboard-denominator = Denominator
dashboard-cohort = Leads
dashboard-clock = Time
dashboard-baseline = Baseline
dashboard-baseline-none = No baseline recorded.
dashboard-no-baseline = No baseline recorded
# $count (Number) - The leads that became SQL without a usable time.
# $shown (String) - The same, formatted.
dashboard-no-baseline-no-time = { $count ->
    [one] No baseline recorded; time n/a for { $shown } lead
   *[other] No baseline recorded; time n/a for { $shown } leads
}
# $count (Number) - The leads that became SQL without a usable time.
# $shown (String) - The same, formatted.
# $negative (String) - Those of them whose outcome is before their first event.
dashboard-no-baseline-negative = { $count ->
    [one] No baseline recorded; time n/a for { $shown } lead ({ $negative } negative)
   *[other] No baseline recorded; time n/a for { $shown } leads ({ $negative } negative)
}
# $part (String) - The numerator.
# $whole (String) - The denominator.
dashboard-of = { $part } of { $whole }
# $duration (String) - The mean.
dashboard-mean = mean { $duration }

dashboard-cohort-explained = Leads first decided in the period, regardless of when their outcome was reported.
dashboard-clock-explained = Periods use the time of the first decision; outcomes count regardless of when they happened.

dashboard-mql-to-sql = MQL→SQL
dashboard-mql-to-sql-formula = Leads that an AE accepted or that became an opportunity ÷ leads first decided in the period.
dashboard-mql-to-sql-denominator = All leads first decided in the period.
dashboard-to-qualified = Leads that became SQL
dashboard-to-all = All leads of the period

dashboard-time-to-sql = Time to SQL
dashboard-time-to-sql-formula = Time of the first acceptance or opportunity − time of the first event; median and mean.
dashboard-time-to-sql-denominator = Leads of MQL→SQL with both times; leads without both times, or with a negative time, are counted separately.
dashboard-time-to-sql-clock = From the time of the lead’s first event to the time of the outcome, in calendar time.

dashboard-false-positives = False positives
dashboard-false-positives-formula = Leads the system advanced or assigned whose first verdict is rejected, disqualified or lost ÷ those with a verdict.
dashboard-false-positives-denominator = Leads the system advanced or assigned that have a verdict; a first touch is not a verdict.
dashboard-to-judged = All judged leads

dashboard-ae-conversion = AE conversion
dashboard-ae-conversion-formula = Leads the system assigned that became an opportunity ÷ leads the system assigned.
dashboard-ae-conversion-denominator = All leads the system assigned, with or without a verdict.
dashboard-to-converted = Opportunities
dashboard-to-assigned = All assigned leads

dashboard-pipeline = Pipeline created
dashboard-pipeline-formula = Sum of the opportunity amounts of leads first decided in the period. If an opportunity was reported several times, the latest report counts. Currencies are not converted.
dashboard-pipeline-denominator = None, because this is a sum. Opportunities without an amount are counted separately.
dashboard-pipeline-cohort = Leads first decided in the period, whenever their opportunity was created.
dashboard-pipeline-clock = The time of the first decision.
# $amount (String) - The amount of the opportunities that were won.
dashboard-pipeline-won = { $amount } won
# $count (Number) - The number of opportunities.
# $shown (String) - The same, formatted.
dashboard-opportunities = { $count ->
    [one] { $shown } opportunity
   *[other] { $shown } opportunities
}
# $shown (String) - The number of opportunities without an amount.
dashboard-opportunities-unpriced = { $shown } without an amount
# $shown (String) - The number of opportunities that were won.
dashboard-opportunities-won = { $shown } won

dashboard-completeness = Completeness
dashboard-completeness-formula = Decisions that their stored inputs reproduce exactly and whose evidence is all in the stored events ÷ decisions checked.
# $count (String) - The number of decisions that are checked.
dashboard-completeness-denominator = The newest { $count } decisions of the period, without those about erased people.
dashboard-completeness-cohort = Decisions of the period.
dashboard-completeness-clock = The time of the decision.
dashboard-completeness-target = Target 100 %
# $count (String) - The number of decisions that were checked.
dashboard-completeness-target-newest = Target 100 %; newest { $count } decisions

# $step (String) - The length of a period: day, week or month.
dashboard-decisions = { $step ->
    [day] Decisions per day
    [week] Decisions per week
   *[month] Decisions per month
}
dashboard-decisions-by-week = Weeks start on Monday
dashboard-decisions-by-time = By time of the decision
dashboard-no-decisions = No decisions in this period.
dashboard-funnel = Funnel
dashboard-funnel-about = Leads first decided in the period, by their stage today
dashboard-stage-decided = Decided
dashboard-stage-passed-on = Passed on
dashboard-stage-accepted = Accepted
dashboard-stage-sales-qualified = Sales quali{"\u00AD"}fied
dashboard-stage-opportunity = Oppor{"\u00AD"}tunity
dashboard-stage-won = Won
# $step (String) - The length of a period: day, week or month.
dashboard-rates = { $step ->
    [day] Rates by day
    [week] Rates by week
   *[month] Rates by month
}
# $step (String) - The length of a period: day, week or month.
dashboard-rates-about = { $step ->
    [day] By day of the first decision
    [week] By week of the first decision
   *[month] By month of the first decision
}
dashboard-confidence = Confidence
# $count (Number) - How many leads have no confidence.
# $shown (String) - The same, formatted.
dashboard-confidence-about = { $count ->
    [0] Latest decision for each lead
   *[other] Latest decision for each lead; { $shown } without confidence
}
dashboard-calibration = Calibration
# $error (String) - The error in percent.
dashboard-calibration-error = Expected calibration error { $error }
# $judged (String) - The number of judged decisions.
# $needed (String) - The number that is needed.
dashboard-calibration-too-few = Calibration error n/a: { $judged } of { $needed } judged decisions needed

dashboard-by-rule = By rule
dashboard-by-rule-about = The rule that first decided each lead, with 95 % intervals
dashboard-by-rule-caption = Outcomes of leads by the rule that first decided
dashboard-by-rule-none = No leads were first decided in this period.
dashboard-by-rule-no-rule = No rule (held or default)
dashboard-column-rule = Rule
dashboard-column-workflow = Workflow
dashboard-column-leads = Leads
dashboard-column-median = Median time to SQL
# $part (String) - The numerator.
# $whole (String) - The denominator.
# $low (String) - The lower bound of the interval in percent.
# $high (String) - The upper bound of the interval in percent.
dashboard-interval = { $part } of { $whole }, { $low } to { $high } %
# $low (String) - The lower bound of the interval in percent.
# $high (String) - The upper bound of the interval in percent.
dashboard-interval-short = { $low }–{ $high }
