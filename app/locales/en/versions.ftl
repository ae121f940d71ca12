### Versioned content: rule sets, fields, field extraction, lists and pools.

versions-name = Name
versions-create-draft = Create draft
versions-column-name = Name
versions-column-version = Version
versions-column-used = Used in
versions-column-changes = Open changes
versions-column-size = Size
versions-column-since = Since
versions-no-workflow = No live workflow
# $number (String) - The number of the version.
versions-number = v{ $number }
versions-new-draft = New
versions-not-approved = Not approved yet
# $number (String) - The number of the change.
# $state (String) - Its state in lower case.
versions-change = #{ $number } { $state }

versions-breadcrumb = Breadcrumb
versions-not-used = Not used in a live workflow
# $workflow (String) - The title of the workflow.
versions-used = Used in { $workflow }
# $count (Number) - How many workflows.
# $shown (String) - The same, formatted.
versions-used-many = { $count ->
    [one] Used in { $shown } workflow
   *[other] Used in { $shown } workflows
}
versions-title = Title
# $name (Element) - The name.
versions-title-about = Shown instead of the name. Rules and files keep using { $name }.
versions-save-title = Save title
versions-edit-title = Edit title
versions-edit = Edit
versions-suggest = Suggest a change
# $version (String) - The version that is shown.
# $other (String) - The version that it is compared with.
versions-compared = Changes in version { $version } compared with version { $other }.
# $version (String) - The version that is shown.
# $newest (String) - The newest version.
versions-not-newest = This is version { $version }. The newest is version { $newest }.
versions-view-newest = View the newest
versions-differences = Differences
versions-lines = Line by line
# $version (String) - The version that is shown.
# $other (String) - The version that it is compared with.
versions-lines-caption = Text of version { $version } compared with version { $other }
versions-open-changes = Open changes
versions-change-untitled = No title yet
# $title (String) - The title of the change.
# $name (String) - Its author.
versions-change-by = { $title }, { $name }

versions-versions = Versions
versions-live = live
versions-initial = Initial version
# $title (String) - The title of the version.
# $name (String) - Its author.
versions-version-by = { $title }, { $name }
versions-view = View
versions-compare = Compare
# $version (String) - A version.
# $other (String) - The version before it.
versions-compare-with = Compare version { $version } with version { $other }
# $number (String) - The number of the change.
versions-from-change = #{ $number }
versions-restore = Restore
# $version (String) - The version.
versions-restore-version = Restore version { $version } as a new draft

versions-yaml = YAML
versions-default = Default
versions-default-about = Also applies when a rule needs a field that is missing or uncertain.
# $field (String) - The title of the field.
# $confidence (String) - The confidence that a rule needs.
versions-field-confidence = { $field } { $confidence }
# $fields (String) - The fields with the confidences that they need.
versions-confidence-needed = Confidence needed: { $fields }
# $action (Element) - The action.
# $pool (Element) - The pool, as a link.
versions-action-to = { $action } to { $pool }
# $name (String) - The name of the parameter.
# $value (String) - Its value.
versions-parameter = { $name } { $value }
# $parameters (String) - The parameters of the action, after the pool.
versions-parameters = , { $parameters }

versions-fields = Fields
versions-field = Field
versions-field-type = Type
versions-field-values = Values
versions-field-missing = When missing
# $kind (String) - The type of the field.
# $unit (String) - The unit of its values.
versions-field-type-unit = { $kind }, { $unit }
# $min (String) - The minimum.
versions-values-from = from { $min }
# $max (String) - The maximum.
versions-values-up-to = up to { $max }
# $min (String) - The minimum.
# $max (String) - The maximum.
versions-values-between = { $min } to { $max }
versions-missing-unknown = unknown
# $value (String) - The value that a missing field has.
versions-missing-value = treated as { $value }
versions-personal = personal

versions-map-caption = Sources of fields
versions-map-extractor = Extractor
versions-map-from = From
versions-map-confidence = Confidence needed
versions-map-confidence-any = any
# $name (String) - The name of the setting.
# $value (String) - Its value.
versions-map-setting = { $name }: { $value }
# $settings (String) - The settings so far.
# $next (String) - The next setting.
versions-map-settings = { $settings }; { $next }

versions-pool-caption = Members of the pool
versions-pool-person = Person
versions-pool-weight = Weight
versions-pool-share = Share of leads

versions-download = Download CSV
versions-add-entries = Add entries
versions-find-entry = Find an entry
versions-find = Find
versions-no-entry = No entry matches.
