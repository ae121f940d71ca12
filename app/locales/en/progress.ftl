### The progress of long-running work.

# $what (String) - What is being done.
# $done (String) - How many are done.
# $total (String) - How many there are.
progress-of = { $what }: { $done } of { $total }
progress-computing = Computing the figures
# $duration (String) - For how long already, for example "12 s".
progress-computing-since = Computing the figures for { $duration } so far
progress-refresh = Refresh
