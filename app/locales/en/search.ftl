### The search: its page, and the results in the search dialog.

search-title = Search
# $text (String) - The text that was searched.
search-title-of = Search: { $text }
search-form = Search everything
search-placeholder = Leads, changes, rules, people, pages
# $count (Number) - How many.
# $shown (String) - The same, formatted.
search-results = { $count ->
    [one] { $shown } result
   *[other] { $shown } results
}
search-none-title = No results
search-none = Try part of a name, a full e-mail address, or fewer words.
search-list = Results
search-list-none = No results. Press Enter to open the search page.

search-changes = Changes
search-leads = Leads
search-people = People
search-rules = Rules
search-versions = Field extraction, rules, lists and pools
search-destinations = Destinations
search-pages = Pages
search-actions = Actions
# $text (String) - The text that was searched.
search-all-leads = All leads with “{ $text }”
# $number (String) - The number of the change.
# $title (String) - Its title.
search-change = #{ $number } { $title }
# $number (String) - The number of the change.
search-change-untitled = #{ $number }
# $subject (String) - What is changed.
# $state (String) - The state of the change.
search-change-detail = { $subject }, { $state }
# $kind (String) - The kind of what is changed, for example "Rules".
# $title (String) - Its title.
search-change-subject = { $kind } { $title }
# $kind (String) - The kind of system.
search-destination = Destination, { $kind }
# $workflow (String) - The title of the workflow.
search-rule = Rule in { $workflow }
# $kind (String) - The kind, for example "List".
# $version (String) - The number of the version.
search-version = { $kind }, version { $version }
