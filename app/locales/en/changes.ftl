### Changes: the list, a change's page, and the actions on changes.

changes-approvals = Approvals
changes-suggestions = My suggestions
changes-about = Every change needs a second person
changes-about-suggestions = Changes you started and their state
# $count (Number) - How many.
# $shown (String) - The same, formatted.
changes-rows = { $count ->
    [one] { $shown } change
   *[other] { $shown } changes
}
changes-caption = Changes
changes-tabs = Changes by state
changes-tab-waiting = Waiting for you
changes-tab-open = All open
changes-tab-drafts = Drafts
changes-tab-mine = Created by me
changes-tab-closed = Decided
# $shown (String) - How many changes.
changes-tab-outdated = { $shown } outdated
changes-column-change = Change
changes-column-state = State
changes-column-approvals = Approvals
changes-column-author = Author
changes-column-time = Time
changes-find = Find changes
changes-find-submit = Find
changes-title-or-name = Title or name
changes-kind = Kind
changes-any-kind = Any kind
changes-none-match = No changes match these filters
changes-clear-filters = Clear filters

changes-none-waiting-title = Nothing to approve
changes-none-waiting = Changes that your role can approve appear here when other people submit them.
changes-none-for-you-title = You have nothing to approve
changes-none-for-you = Enablement and SDR managers approve field extraction. RevOps approves rules, lists and pools, together with sales managers where they affect assignment. You can suggest changes to all of them.
changes-none-open-title = No open changes
changes-none-open = A submitted change appears here until every required role has approved it.
changes-none-drafts-title = No drafts
changes-none-drafts = To start one, open a rule set, a list, a pool or a field extraction.
changes-none-mine-title = You have not suggested any changes
changes-none-mine = You can suggest a change to any rule set, list, pool or field extraction. Open it and edit it; its owner approves your change or returns it with a comment.
changes-none-closed-title = No decided changes
changes-none-closed = Approved, returned and withdrawn changes appear here.

# $number (String) - The number of the change.
changes-number = #{ $number }
# $number (String) - The number of the change.
# $what (String) - What it changes, for example "Rules Inbound form".
changes-number-of = #{ $number }, { $what }
# $kind (String) - The kind of what changes, for example "Rules".
# $title (String) - The title of what changes.
changes-kind-of = { $kind } { $title }
changes-has-approved = has approved
changes-has-not-approved = has not approved
changes-imported-file = Imported file
changes-an-imported-file = an imported file

changes-breadcrumb = Breadcrumb
changes-being-written = The author is still working on this draft.
# $subject (Element) - What changes, as a link if it exists.
changes-of-first = { $subject }, first version.
# $version (String) - The number of the version.
# $subject (Element) - What changes, as a link.
changes-of-version = { $subject }, based on version { $version }.
# $name (String) - The author.
# $time (String) - When.
changes-saved = Draft by { $name }, saved { $time }.
# $name (String) - The author.
# $time (String) - When.
changes-submitted = Submitted by { $name }, { $time }.
# $name (String) - The author.
# $time (String) - When.
changes-approved = Written by { $name }, approved { $time }.
# $name (String) - The author.
# $time (String) - When.
changes-returned = Written by { $name }, returned { $time }.
# $name (String) - The author.
# $time (String) - When.
changes-withdrawn = Written by { $name }, withdrawn { $time }.
changes-unused = No live workflow uses it yet.
# $workflows (String) - Their titles.
changes-reach = After approval it can go live in { $workflows }.
# $version (Element) - `changes-version`, as a link.
changes-became = Approved as { $version }.
# $number (String) - The number of the version.
changes-version = version { $number }
# $number (String) - The number of the version.
changes-version-title = Version { $number }
# $change (Element) - `changes-number` of the change that it was started from, as a link.
changes-continues = Continues { $change }.

changes-releases = Releases
# $number (String) - The number of the release.
# $workflow (String) - The title of the workflow.
changes-release = Release { $number }, { $workflow }
changes-differences = Changes
# $version (String) - The number of the version.
changes-differences-from = Changes from version { $version }
changes-not-compared = The text has errors, so it cannot be compared.
changes-lines = Line by line
# $version (String) - The number of the version.
changes-lines-caption = Line-by-line changes from version { $version }
changes-entries-same = No entries changed
# $added (String) - How many entries.
changes-entries-added = { $added } added
# $removed (String) - How many entries.
changes-entries-removed = { $removed } removed
# $removed (String) - How many entries.
# $added (String) - How many entries.
changes-entries-both = { $removed } removed, { $added } added

changes-impact = Projected impact
changes-impact-outdated = Update the change to see its impact.
changes-impact-computing = Computing the impact
changes-impact-cancelled = The computation was cancelled.
changes-impact-retry = Retry
changes-impact-refresh = Refresh
# $time (Element) - When it was computed.
changes-impact-computed = Computed { $time } from the newest leads at that time.
# $workflow (String) - The title of the workflow.
changes-impact-pool-same = No lead in { $workflow } enters or leaves this pool. Only the shares above change.
# $count (Number) - How many of the newest leads were evaluated.
# $workflow (String) - The title of the workflow.
# $shown (String) - The same, formatted.
changes-impact-none = { $count ->
    [one] The newest lead in { $workflow } would be decided the same way.
   *[other] The { $shown } newest leads in { $workflow } would all be decided the same way.
}
# $share (Element) - `changes-impact-share`, set in bold.
# $workflow (String) - The title of the workflow.
changes-impact-some = { $share } in { $workflow } would be decided differently.
# $moved (String) - How many leads would be decided differently.
# $count (Number) - How many of the newest leads were evaluated.
# $shown (String) - The same, formatted.
changes-impact-share = { $moved } of the { $count ->
    [one] { $shown } newest lead
   *[other] { $shown } newest leads
}
# $workflow (String) - The title of the workflow.
changes-impact-caption = Decisions in { $workflow }, live and with this change
changes-impact-action = Action
changes-impact-live = Live
changes-impact-with = With this change
changes-impact-difference = Difference
# $count (Number) - How many.
# $shown (String) - The same, formatted.
changes-impact-show = { $count ->
    [one] Show { $shown } lead
   *[other] Show { $shown } leads
}
changes-impact-would-be = would become

changes-warnings = Warnings
changes-warnings-old = The live version has the same warnings.
# $count (Number) - How many are new.
# $shown (String) - The same, formatted.
changes-warnings-new = { $count ->
    [one] This change adds { $shown } warning. You can still submit it.
   *[other] This change adds { $shown } warnings. You can still submit it.
}

changes-shares = Share of leads
changes-shares-caption = Share of this pool’s leads per person, now and with this change
changes-shares-person = Person
changes-shares-now = Now
changes-shares-about = When everyone is available. The rules decide which leads this pool gets.
changes-assignees = People who can get leads

changes-needs-approval = Needs approval by
changes-not-approved = not yet
# $name (String) - The person's name.
# $time (Element) - When the person approved it.
changes-approved-by-at = { $name }, { $time }
changes-you-edited = You worked on this change, so someone else has to approve it.
changes-you-approved = You approved this.
changes-you-cannot = None of your roles can approve this. You can comment below.
# $role (String) - The role.
changes-approve-as = Approve as { $role }
changes-request = Request changes
changes-request-what = What should change?
changes-return = Return to author
changes-reason = Reason
changes-withdraw = Withdraw
changes-withdraw-about = Existing approvals will be discarded. The text is kept, and you can start over from it.
changes-withdraw-change = Withdraw change
# $author (String) - The author.
changes-withdraw-other = This change is by { $author }, who will see your reason in the comments.
changes-someone-else = someone else
changes-continue = Continue in a new draft

changes-comments = Comments
changes-comment = Comment
changes-comment-add = Add comment
# $role (String) - The role.
changes-approved-as = approved as { $role }
changes-requested = requested changes
# $number (String) - The number of the change.
changes-comment-on = on #{ $number }

changes-outdated = Outdated.
# $version (String) - The number of the version.
changes-outdated-submit = Version { $version } was approved after this draft was started, so it cannot be submitted.
# $version (String) - The number of the version.
changes-outdated-approve = Version { $version } was approved after this change was submitted, so it cannot be approved.
# $author (String) - The author.
# $version (String) - The number of the version.
changes-outdated-author = { $author } has to update it to version { $version }.
# $version (String) - The number of the version.
changes-outdated-owner = The author has to update it to version { $version }.
changes-outdated-errors = Fix the errors in the text and save, then update it.
changes-update-about = Updating withdraws this change and continues it in a draft. Summary, reason and comments are kept.
# $count (Number) - How many.
# $shown (String) - The same, formatted.
changes-update-conflicts = { $count ->
    [one] You will resolve { $shown } conflict there.
   *[other] You will resolve { $shown } conflicts there.
}
# $version (String) - The number of the version.
changes-update = Update to version { $version }
# $version (String) - The number of the version.
changes-merge-clean = Your changes do not conflict with version { $version }. Both are kept.
# $count (Number) - How many conflicts.
# $version (String) - The number of the version.
changes-merge-conflicts = { $count ->
    [one] You and version { $version } changed the same part. Choose which one to keep; everything else is merged.
   *[other] You and version { $version } changed the same { $count } parts. Choose which ones to keep; everything else is merged.
}
changes-merge-removed = Removed
changes-merge-ours = This draft

changes-submit = Submit for approval
changes-save = Save draft
changes-summary = Summary
changes-text = Text
changes-entries-field = Entries, one per line
changes-too-long = This list is too long to be edited as text. Upload a file, or add and remove entries below.
# $draft (Element) - `changes-draft-number` of the other draft, as a link.
# $author (String) - The other draft's author.
changes-other-version = This is your version of { $draft }, which { $author } started. Keep one and discard the other.
# $number (String) - The number of the change.
changes-draft-number = draft #{ $number }
changes-compare = Compare
# $number (String) - The number of the other draft.
changes-compare-caption = This draft compared with draft #{ $number }
changes-no-problems = No problems
# $count (Number) - How many lines.
# $shown (String) - The same, formatted.
changes-lines-skipped = { $count ->
    [one] { $shown } line skipped
   *[other] { $shown } lines skipped
}
# $count (Number) - How many.
# $shown (String) - The same, formatted.
changes-errors = { $count ->
    [one] { $shown } error
   *[other] { $shown } errors
}
changes-discard = Discard
changes-discard-about = This closes the draft. The text is kept, and you can start over from it.
changes-discard-draft = Discard draft
# $author (String) - The author.
changes-discard-other = This draft is by { $author }, who will see your reason in the comments.

changes-entries = Entries
changes-upload-mode = What to do with the current entries
changes-upload-add = Add to the list
changes-upload-replace = Replace the list
changes-upload-field = Upload CSV or Excel
changes-upload = Upload file
changes-upload-about = Uses the columns company and domain, or else name or value, or else the first column.
changes-add-field = Add entries, one per line
changes-add = Add entries
changes-remove = Remove selected entries
changes-find-entry = Find an entry
changes-no-entry = No entries match.
# $count (Number) - How many.
# $shown (String) - The same, formatted.
changes-entries-all = { $count ->
    [one] { $shown } entry
   *[other] { $shown } entries
}
# $first (String) - How many are shown.
# $total (String) - How many there are.
changes-entries-first = First { $first } of { $total } entries
# $count (Number) - How many there are.
# $found (String) - How many match the search.
# $shown (String) - The same, formatted.
changes-entries-found = { $count ->
    [one] { $found } of { $shown } entry
   *[other] { $found } of { $shown } entries
}

changes-draft-opened = This is your open draft. Discard it to start again from the newest version.
changes-not-created = Not created: fix the name.
changes-draft-saved = Saved. No problems found.
# $count (Number) - How many lines.
# $shown (String) - The same, formatted.
changes-saved-skipped = { $count ->
    [one] Saved. { $shown } line was skipped.
   *[other] Saved. { $shown } lines were skipped.
}
# $count (Number) - How many.
# $shown (String) - The same, formatted.
changes-saved-errors = { $count ->
    [one] Saved with { $shown } error. Fix it before you submit.
   *[other] Saved with { $shown } errors. Fix them before you submit.
}
changes-no-summary = Saved, but not submitted: add a summary.
changes-summary-missing = Add a summary. Approvers see it first.
# $count (Number) - How many.
# $shown (String) - The same, formatted.
changes-not-submitted = { $count ->
    [one] Saved, but not submitted: the text has { $shown } error.
   *[other] Saved, but not submitted: the text has { $shown } errors.
}
# $roles (String) - The roles that have to approve it.
changes-now-submitted = Submitted. { $roles } must approve it.
# $name (String) - The other person.
# $number (String) - The number of the draft.
# $kept (String) - The number of the draft with the viewer's version.
changes-kept-saved = { $name } saved draft #{ $number } while you were editing. Your version is kept as draft #{ $kept }. Compare them and discard one.
# $name (String) - The other person.
# $number (String) - The number of the draft.
# $kept (String) - The number of the draft with the viewer's version.
changes-kept-submitted = { $name } submitted draft #{ $number } while you were editing. Your version is kept as draft #{ $kept }. Compare them and discard one.
# $name (String) - The other person.
# $number (String) - The number of the draft.
# $kept (String) - The number of the draft with the viewer's version.
changes-kept-closed = { $name } closed draft #{ $number } while you were editing. Your version is kept as draft #{ $kept }. Compare them and discard one.
changes-someone-else-did = Someone else
changes-reason-needed = Not withdrawn: give a reason.
# $author (String) - The author.
changes-reason-missing = Give a reason. { $author } will see it in the comments.
changes-reason-missing-author = Give a reason. The author will see it in the comments.
changes-discarded = Draft discarded. The text is kept here.
changes-now-withdrawn = Change withdrawn. The text is kept here.

changes-not-a-list = Files can only be uploaded to the draft of a list.
# $difference (String) - How many entries were added and removed.
changes-uploaded = File uploaded. Compared with the current list: { $difference }.
# $count (Number) - How many lines.
# $shown (String) - The same, formatted.
changes-upload-skipped = { $count ->
    [one] Skipped { $shown } duplicate or unusable line.
   *[other] Skipped { $shown } duplicate or unusable lines.
}
changes-entry-missing = Enter at least one entry, or select entries to remove.
# $count (Number) - How many.
# $shown (String) - The same, formatted.
changes-added = { $count ->
    [one] { $shown } entry added.
   *[other] { $shown } entries added.
}
# $count (Number) - How many.
# $shown (String) - The same, formatted.
changes-removed = { $count ->
    [one] { $shown } entry removed.
   *[other] { $shown } entries removed.
}
# $count (Number) - How many.
# $shown (String) - The same, formatted.
changes-skipped = { $count ->
    [one] { $shown } entry skipped: already in the list, or without letters.
   *[other] { $shown } entries skipped: already in the list, or without letters.
}
changes-draft-next = Add a summary and submit this draft to apply it.

# $roles (String) - The roles that have not approved it yet.
changes-approved-partly = Approved. { $roles } must approve it too.
# $version (String) - The number of the version.
changes-approved-unused = Approved as version { $version }. No live workflow uses it yet.
# $version (String) - The number of the version.
# $workflows (String) - Their titles.
changes-approved-reach = Approved. Version { $version } can go live in { $workflows }.
changes-not-returned = Not returned: enter what should change.
changes-return-missing = Enter what should change.
changes-now-returned = Changes requested. The author will see your comment.
changes-comment-empty = Not added: the comment is empty.
changes-comment-missing = Enter a comment.
changes-comment-added = Comment added.

# $version (String) - The number of the version.
changes-updated = Updated to version { $version }. Check the changes, then submit.
changes-not-updated = Not updated: someone saved the draft in the meantime. Check the conflicts again.
# $number (String) - The number of the change.
changes-continued = This draft continues #{ $number }.
# $number (String) - The number of the change.
changes-continued-outdated = This draft continues #{ $number }. Update it before you submit it.
