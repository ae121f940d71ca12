### The audit log.

audit-title = Audit log
audit-about = Every change is recorded once and never altered
# $count (Number) - How many.
# $shown (String) - The same, formatted.
audit-rows = { $count ->
    [one] { $shown } entry
   *[other] { $shown } entries
}
audit-column-action = Action
audit-column-subject = Subject
audit-column-details = Details
audit-column-by = Done by
audit-column-request = Request
audit-column-time = Time
# $id (String) - The ID of the request.
audit-request = Request { $id }

audit-find = Filter the audit log
audit-search = Name, number or link
audit-search-example = Name, #number or link
audit-search-filter = Search
audit-filter = Filter entries
audit-from = From
audit-to = To
audit-anyone = Anyone
audit-commands = Commands and jobs
audit-keys = API keys
audit-show-sign-ins = Show sign-ins
audit-hide-sign-ins = Hide sign-ins
audit-area = Area
audit-all-areas = All areas
audit-area-people = People
audit-area-keys = API keys
audit-area-workflows = Workflows
audit-area-changes = Changes and approvals
audit-area-releases = Releases
audit-area-versions = Versions
audit-area-queue = Queue
audit-area-leads = Leads
audit-area-layers = Layers
audit-area-settings = Settings
audit-area-destinations = Destinations
audit-area-deliveries = Deliveries
audit-area-jobs = Jobs
audit-area-imports = Imports
audit-area-runs = Runs

audit-none-so-far-title = No matches so far
# $count (String) - The number of entries that were searched.
audit-none-so-far = None of the { $count } entries searched match. There are more.
audit-search-more = Keep searching
audit-none-title = No changes yet
audit-none = Every change by a person, an API key or a command appears here.
audit-none-match-title = No entries match these filters

audit-unnamed-lead = Unnamed or erased lead
audit-unknown-user = Unknown user
audit-key = API key
# $number (String) - The number of the change.
audit-change = Change #{ $number }
# $number (String) - The number of the change or release.
# $title (String) - Its title.
audit-numbered = #{ $number } { $title }
audit-every-workflow = Every workflow
audit-workflow = Workflow
audit-action = Action
audit-run = Run
# $kind (String) - The kind of the run, for example "Import".
# $file (String) - The name of the file.
audit-run-of = { $kind } of { $file }
audit-upload = Uploaded file
audit-view = Saved view
audit-organization = Organization
audit-owners = Layer owners

# $name (String) - The name of a detail.
# $value (String) - Its value.
audit-detail = { $name }: { $value }
# $details (String) - The details so far.
# $next (String) - The next detail.
audit-detail-next = { $details }; { $next }
# $name (String) - The name of a part of a detail, in lower case.
# $value (String) - Its value.
audit-detail-part = { $name } { $value }
audit-yes = yes
audit-no = no
audit-detail-required = Approvals needed
audit-detail-was = Previous state
audit-detail-workflow = Workflow
audit-detail-new = New
