### Leads: the list with its filters.

leads-title = Leads
# $count (Number) - How many.
# $shown (String) - The same, formatted.
leads-rows = { $count ->
    [one] { $shown } lead
   *[other] { $shown } leads
}
# $count (Number) - How many match.
# $shown (String) - The same, formatted, with a plus sign if there are more.
leads-total = { $count ->
    [one] { $shown } lead.
   *[other] { $shown } leads.
}
leads-by-first-newest = Sorted by first decision, newest first
leads-by-first-oldest = Sorted by first decision, oldest first
leads-by-latest-newest = Latest decision in each workflow, newest first
leads-by-latest-oldest = Latest decision in each workflow, oldest first
leads-import = Import leads
leads-by-decision = By decision
leads-all = All
# $count (String) - A number of leads that is not complete.
leads-count-or-more = { $count }+

leads-caption = Leads and their decisions
leads-column-lead = Lead
leads-column-company = Company
leads-column-email = E-mail
leads-column-workflow = Workflow
leads-column-decision = Decision
leads-column-rule = Rule
leads-column-version = Rules version
leads-column-confidence = Confidence
leads-column-source = Source
leads-column-assigned-to = Assigned to
leads-column-stage = Stage
leads-column-first = First decided
leads-column-decided = Decided
# $action (String) - What the rules decided, before a person decided otherwise.
leads-rules-decided = Rules: { $action }
leads-erased = Erased person
leads-held-about = Not enough information for this rule, so evaluation stopped here
# $rule (Element) - The title of the rule.
leads-held-by = { $rule } could not be evaluated
leads-no-rule = No rule (default)
# $number (String) - The number of the version.
leads-version = v{ $number }
# $time (String) - Since when the lead has been in the queue.
leads-since = Since { $time }

leads-search = Name, company or e-mail
leads-filters = Filters
leads-filter = Filter leads
leads-filter-search = Search
leads-filter-queue = Queue
leads-filter-counts = Counts as
leads-any-workflow = Any workflow
leads-any-rule = Any rule
leads-any-queue = Any queue
leads-anyone = Anyone
leads-any-source = Any source
leads-any-confidence = Any confidence
leads-any-stage = Any stage
leads-any-time = Any time
# $confidence (String) - The lowest confidence.
leads-at-least = { $confidence } or more
leads-queue-any = In a queue
leads-queue-sdr = SDR queue
leads-queue-manual = Manual queue
leads-queue-none = Not in a queue
leads-counts-qualified = MQL→SQL
leads-counts-judged = Passed on and judged
leads-counts-false-positive = False positive
leads-counts-assigned = Assigned by the system
leads-counts-converted = AE conversion

leads-no-workflow-title = No workflow is live
leads-no-workflow = Leads are decided by a workflow. Describe one in a file and apply it:
leads-none-title = No leads yet
# $workflow (String) - The title of the workflow.
leads-none = { $workflow } is live. Send it a first lead. It is decided right away and appears here.
leads-none-create-key = Create a key. It is shown once.
leads-none-send = Send a lead.
# $command (Element) - The command.
leads-none-import = To import past leads from a file, use { $command }.
leads-none-so-far-title = No matches so far
# $count (String) - The number of leads that were searched.
leads-none-so-far = None of the { $count } leads searched for this page match. There are more.
leads-search-more = Keep searching
leads-no-more-title = No more leads
leads-to-newest = Show newest leads
leads-none-match-title = No leads match these filters
leads-none-match = Remove a filter above, or clear them all.
