### The help of each page.

help-title = Help
# $key (Element) - The key that shows the keyboard shortcuts.
help-shortcuts = Press { $key } for keyboard shortcuts.

help-home =
    Your tasks, alerts and key figures, in the order that your roles need them.

    AEs accept or reject the leads that are assigned to them. A rejected lead returns to the queue and counts as a false positive.

    RevOps and the RevOps lead can stop a workflow at once. Its new leads go to the queue, and nothing is sent until someone resumes it.
help-queue =
    Leads that need a person: leads that rules hold or send here, leads that an AE rejected, and all leads of a stopped workflow. Sorted by priority, then by waiting time.

    Claim a lead to reserve it for ten minutes. Accept the suggestion, change it, or disqualify the lead. The next lead opens at once. Keyboard shortcuts are shown on the buttons.

    You can undo a decision for two minutes. The lead returns to the queue, and its history shows both steps. Your claims end when you sign out or close the tab.
help-leads =
    All leads, sorted by first decision, newest first. Each row shows the decision, the rule behind it, its confidence, and who has the lead now.

    Hold means that information is missing or that a person has to look at the lead. Confidence is the lowest confidence of all values that the rule used.

    Filters are part of the URL, so you can send a filtered list to a colleague. A lead’s page explains its decision in full.
help-merges =
    Leads that may be the same person: one event named both, one by its external ID and the other by its e-mail address.

    Compare them, then merge them or keep them separate, with a reason. You can undo a merge. Decisions stay with the lead that they were made about.

    RevOps, SDR managers and administrators decide. Figures count merged leads as one person.
help-approvals =
    Changes to rules, field extraction, fields, lists and pools. One person writes a change, and others approve it before it becomes a version. A release then takes it live.

    Open a change to see what differs and how it would have affected recent leads. Then approve it, or request changes.

    A change is outdated when another version was approved after it was written. Its author updates it: both changes are merged, and conflicts are resolved one by one.
help-releases =
    A release takes an approved change live in one workflow. An approved release decides nothing until someone from RevOps who did not edit the change goes live with it.

    When one release goes live, the other releases of that workflow are rebuilt on it. An approval applies to exactly one bundle, so a rebuilt release needs approval again.
help-suggestions =
    Your own changes. Everyone can suggest a change; the owners of its layer approve it.

    Only you see a draft until you submit it. If a change is returned, its page shows the reason. Edit it and submit it again. An outdated change has to be updated before it can be approved.
help-outbox =
    Deliveries to other systems that decisions caused. Each delivery takes effect once, even if the other system responds late or twice.

    Pending deliveries are sent automatically and in order. Failed deliveries need you: open one, fix the cause, and retry it.

    You can pause a destination with a reason. Decisions continue, and pending deliveries are sent after you resume it.
help-jobs =
    Background jobs and their last runs. Any server process can run a job, but only one at a time does.

    A failed job is retried at its next scheduled time. To retry it at once, select Run now.
help-runs =
    Imports, replays and other long-running work. Each run shows who started it, its progress and its result.

    Runs survive restarts: another process resumes them. You can cancel a run at any time; its work so far is kept.
help-import =
    Import past leads from a CSV, Excel or NDJSON file. They are evaluated at their original time, and nothing is sent.

    Upload the file, check the mapping of its columns, and start the import. You can download rejected rows with their reasons, correct them and import them again. Rows that are already imported are skipped.
help-dashboard =
    How well qualification works, by period and workflow. Select a figure’s name to see its definition and the leads behind it.

    A range shows how certain a rate is. It is wide when there are few leads. If two ranges overlap, the rates may be the same.

    Completeness is the share of decisions that can be reproduced from their stored inputs, with all evidence found.
help-audit-log =
    Every change by a person, an API key or a command. Entries are never edited. Sign-ins are recorded, too, and hidden at first.

    Search for a name, a number such as #4, a link to a page, or a word in the row. Point to the time of an entry to see the ID of its request.
help-people =
    Everyone who can sign in. Everyone can read everything; roles determine what a person can change.

    Administrators add people, assign roles, create password links and deactivate people. An invited person has not set a password yet.
help-keys =
    API keys let programs connect: a web form that sends leads, a CRM that reports outcomes, or a warehouse that reads decisions.

    A key is shown only once, because only its hash is stored. Revoke a key when it is no longer needed or may have leaked. It stops working within a second.
help-account =
    Your password, your time zone and number format, and the browsers in which you are signed in.

    If you do not recognize a browser, sign it out and change your password. This signs out all other browsers.
help-styleguide =
    All components in all their states, in light and dark colours side by side.

    The data is made up. This page is for people who build or review pages.
help-settings =
    Settings of the whole organization. Everyone can read them; administrators can change them.

    Each layer has one owner. Content and rules need different owners, so that no one controls both how messages are read and what is decided from them.
help-search =
    Finds leads by name, company, e-mail address or ID in the source; changes by title or number (#4); rules, lists and destinations by name; people; pages; and actions.

    The search covers the most recent leads. A complete e-mail address is always found.
