### Code editors, problems with a text, and differences between texts.

code-problems = Problems
# $shown (String) - How many more.
code-more = and { $shown } more
code-new = New
# $suggestion (Element) - What the person may have meant.
code-suggestion = Did you mean { $suggestion }?

diff-none = No differences.
# $count (Number) - How many more.
# $shown (String) - The same, formatted.
diff-more = { $count ->
    [one] and { $shown } more difference
   *[other] and { $shown } more differences
}
# $count (Number) - How many more.
# $shown (String) - The same, formatted.
diff-more-lines = { $count ->
    [one] and { $shown } more line
   *[other] and { $shown } more lines
}
diff-removed = removed
diff-new = new
diff-too-long = The texts are too long to compare line by line.
diff-same = The texts are identical.
diff-old-line = Old line
diff-new-line = New line
diff-sign = Change
diff-text = Text
# $count (Number) - How many lines.
# $shown (String) - The same, formatted.
diff-skipped = { $count ->
    [one] { $shown } unchanged line
   *[other] { $shown } unchanged lines
}
