### The periods that a filter can select.

# $days (Number) - The number of days.
period-last-days = { $days ->
    [one] Last day
   *[other] Last { $days } days
}
# $weeks (Number) - The number of weeks.
period-last-weeks = { $weeks ->
    [one] Last week
   *[other] Last { $weeks } weeks
}
period-all-time = All time
# $first (String) - The first day.
# $last (String) - The last day.
period-between = { $first } to { $last }
# $first (String) - The first day.
period-since = Since { $first }
# $last (String) - The last day.
period-until = Until { $last }
# $period (String) - The name of the period.
# $dates (String) - Its first and last day.
period-with-dates = { $period } ({ $dates })
period-from = From
period-to = To
period-reversed = The first day is after the last day.
