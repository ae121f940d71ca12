### Dates and times. The time of day comes formatted: "09:02" or "09:02:14".

# $time (String) - The time of day.
clock-today = Today { $time }
# $time (String) - The time of day.
clock-yesterday = Yesterday { $time }
# $time (String) - The time of day.
clock-tomorrow = Tomorrow { $time }
# $time (String) - The time of day.
clock-today-said = today { $time }
# $time (String) - The time of day.
clock-yesterday-said = yesterday { $time }
# $time (String) - The time of day.
clock-tomorrow-said = tomorrow { $time }
# $day (String) - The day and the month.
# $time (String) - The time of day.
clock-day-and-time = { $day } { $time }
# $day (String) - The day of the month.
# $month (String) - The month.
clock-day = { $day } { $month }
# $day (String) - The day of the month.
# $month (String) - The month.
# $year (String) - The year.
clock-day-of-year = { $day } { $month } { $year }
# $month (String) - The month.
# $year (String) - The year.
clock-month-of-year = { $month } { $year }
# $weekday (String) - The day of the week.
# $day (String) - The day with its year.
# $time (String) - The time of day.
# $zone (String) - The time zone, abbreviated.
clock-full = { $weekday } { $day }, { $time } { $zone }
# $weekday (String) - The day of the week.
# $day (String) - The day with its year.
# $time (String) - The time of day.
clock-long = { $weekday } { $day }, { $time }

clock-just-now = just now
# $shown (String) - How many minutes.
clock-minutes-ago = { $shown } min ago
# $shown (String) - How many hours.
clock-hours-ago = { $shown } h ago
# $count (Number) - How many days.
clock-days-ago = { $count ->
    [one] { $count } day ago
   *[other] { $count } days ago
}
clock-now = now
# $duration (String) - The remaining time, for example "12 min".
clock-until = in { $duration }

# $month (Number) - From 1 to 12.
clock-month = { $month ->
    [1] Jan
    [2] Feb
    [3] Mar
    [4] Apr
    [5] May
    [6] Jun
    [7] Jul
    [8] Aug
    [9] Sep
    [10] Oct
    [11] Nov
   *[12] Dec
}
# $weekday (Number) - From 1 for Monday to 7.
clock-weekday = { $weekday ->
    [1] Mon
    [2] Tue
    [3] Wed
    [4] Thu
    [5] Fri
    [6] Sat
   *[7] Sun
}
