### Numbers, durations and amounts of money. A number comes formatted for the viewer.

number-not-available = n/a
# $percent (String) - The share.
number-percent = { $percent } %
# $amount (String) - The amount.
number-millions = { $amount } M
# $amount (String) - The amount.
number-thousands = { $amount } k

# $shown (String) - How many.
number-milliseconds = { $shown } ms
# $shown (String) - How many.
number-seconds = { $shown } s
# $shown (String) - How many.
number-minutes = { $shown } min
# $shown (String) - How many.
number-hours = { $shown } h
# $count (Number) - How many, as it is shown.
# $shown (String) - The same, formatted.
number-days = { $count ->
    [1] { $shown } day
   *[other] { $shown } days
}
