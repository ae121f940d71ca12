### What was asked for and does not exist.

# $what (String) - The item, one of the names below.
missing-item = { $what ->
    [action] The action was not found.
    [bundle] The bundle was not found.
    [change] The change was not found.
    [chart] The chart was not found.
    [credential] The credential was not found.
    [decision] The decision was not found.
    [destination] The destination was not found.
    [draft] The draft was not found.
    [event] The event was not found.
    [fields] The fields were not found.
    [figures] The figures were not found.
    [file] The file was not found.
    [first-run-code] The first-run code was not found.
    [import] The import was not found.
    [job] The job was not found.
    [key] The key was not found.
    [kind] The kind was not found.
    [lead] The lead was not found.
    [link] The link was not found.
    [list] The list was not found.
    [map] The field extraction was not found.
    [merge-suggestion] The merge suggestion was not found.
    [number-format] The number format was not found.
    [page] The page was not found.
    [period] The period was not found.
    [person] The person was not found.
    [pool] The pool was not found.
    [release] The release was not found.
    [replay] The retry was not found.
    [role] The role was not found.
    [rule] The rule was not found.
    [rule-set] The rule set was not found.
    [run] The run was not found.
    [scope] The scope was not found.
    [session] The session was not found.
    [stop] The stop was not found.
    [time-zone] The time zone was not found.
    [upload] The upload was not found.
    [version] The version was not found.
    [view] The view was not found.
    [workflow] The workflow was not found.
   *[item] The item was not found.
}
