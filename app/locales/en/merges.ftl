### Duplicates: suggestions to merge leads, and two leads side by side.

merges-title = Duplicates
merges-breadcrumb = Breadcrumb
# $count (Number) - How many.
# $shown (String) - The same, formatted.
merges-open-count = { $count ->
    [one] { $shown } open suggestion
   *[other] { $shown } open suggestions
}
merges-none-title = No duplicates to review
merges-none = If one event names two leads, by external ID and by e-mail, they are listed here. You then decide whether they are the same person.
merges-to-review = To review
merges-caption = Leads that may be the same person
merges-lead = Lead
merges-other-lead = Other lead
merges-suggested = Suggested
merges-compare = Compare
# $lead (String) - The name of the lead.
# $other (String) - The name of the other lead.
merges-compare-both = Compare { $lead } and { $other }
merges-by-external-id = by external ID
merges-by-email = by e-mail
merges-unnamed = Unnamed lead
# $lead (Element) - The name of the lead.
# $other (Element) - The name of the other lead.
merges-both = { $lead } and { $other }
# $lead (String) - The name of the lead.
# $other (String) - The name of the other lead.
merges-both-title = { $lead } and { $other }
merges-decided = Decided
merges-decided-caption = Decided suggestions
merges-leads = Leads
merges-decision = Decision
merges-reason = Reason
merges-by = Decided by

merges-state-open = Open
merges-state-merged = Merged
merges-state-undone = Merge undone
merges-state-erased = Person erased
merges-state-separate = Kept separate
# $state (Element) - The decision.
# $name (String) - Who decided it.
# $time (Element) - When.
merges-decided-by = { $state } by { $name }, { $time }
# $state (Element) - The decision.
# $time (Element) - When.
merges-decided-at = { $state }, { $time }

# $time (Element) - When.
merges-why = One event named both leads { $time }: the first by its external ID, the second by its e-mail address. New events stay with the first lead until you decide.
merges-same = the same
merges-first-lead = First lead
merges-second-lead = Second lead
merges-compare-caption = The two leads side by side
merges-compare-field = Detail
merges-others = RevOps, SDR managers and administrators decide whether these leads are the same person.
merges-keep-first = Known by the external ID
merges-keep-second = Known by the e-mail address
merges-merge = Merge
merges-merge-about = The lead you keep gets all new events and outcomes of both, and figures count one person. Each decision stays with its lead. You can undo the merge.
merges-keep = Lead to keep
merges-merge-leads = Merge leads
merges-keep-separate = Keep separate
merges-keep-separate-about = They stay two leads, and the merge is not suggested again.
merges-undo = Undo merge
merges-undo-about = The merged lead becomes a separate lead again and gets its own new events and outcomes. Events and outcomes received in the meantime stay where they are.

merges-erased-person = Erased person
merges-name = Name
merges-email = E-mail
merges-company = Company
merges-domain = Domain
merges-external-id = External ID
merges-known-by = Known by
merges-first-event = First event
merges-events = Events
merges-decisions = Decisions
merges-assignee = Assigned to
merges-stage = Stage
merges-outcomes = Outcomes
merges-unknown = Unknown
# $count (Number) - How many.
# $shown (String) - The same, formatted.
merges-events-count = { $count ->
    [one] { $shown } event
   *[other] { $shown } events
}
merges-known-email = E-mail address
# $source (String) - The source of the ID.
merges-known-id = ID from { $source }
# $identity (String) - `merges-known-email` or `merges-known-id`.
# $count (String) - How many there are.
merges-known-several = { $identity } ({ $count })
# $action (Element) - The action, completed.
# $workflow (String) - The title of the workflow.
# $time (Element) - When.
merges-decision-in = { $action } in { $workflow }, { $time }
# $action (Element) - The action, completed.
# $workflow (String) - The title of the workflow.
# $time (Element) - When.
merges-decision-in-sdr-queue = { $action } in { $workflow }, waiting in the SDR queue, { $time }
# $action (Element) - The action, completed.
# $workflow (String) - The title of the workflow.
# $time (Element) - When.
merges-decision-in-manual-queue = { $action } in { $workflow }, waiting in the manual queue, { $time }
# $stage (Element) - The stage that the lead reached.
# $time (Element) - When.
merges-outcome-at = { $stage }, { $time }

merges-not-merged = The leads were not merged.
merges-choose-lead = Choose the lead to keep.
merges-reason-missing = Give a reason.
merges-merged = Merged. This lead now gets all new events and outcomes of both.
merges-not-declined = The suggestion is still open.
merges-declined = The leads stay separate, and the merge is not suggested again.
merges-not-undone = The merge was not undone.
merges-undone = Merge undone. This is a separate lead again.
