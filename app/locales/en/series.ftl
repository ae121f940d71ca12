### Items joined into one phrase: "RevOps, Sales manager and Administrator".

# $items (String) - The items so far.
# $next (String) - The next item, which is not the last.
series-next = { $items }, { $next }
# $items (String) - All items but the last.
# $last (String) - The last item.
series-and = { $items } and { $last }
# $items (String) - All items but the last.
# $last (String) - The last item.
series-or = { $items } or { $last }
