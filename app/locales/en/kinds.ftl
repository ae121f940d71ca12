### The kinds of versions: their help, keywords and empty states.

kinds-catalogue = Fields
kinds-catalogue-plural = Fields
kinds-catalogue-about = The lead fields that rules can read, by workflow
kinds-map = Field extraction
kinds-map-plural = Field extraction
kinds-map-about = Where in an event each field is read, and how
kinds-rules = Rule set
kinds-rules-plural = Rule sets
kinds-rules-about = Ordered rules; the first match decides
kinds-list = List
kinds-list-plural = Lists
kinds-list-about = Companies, domains and other texts that rules look up
kinds-list-new = New list
kinds-list-name-hint = Rules refer to it as lists.NAME, so use lower-case letters, digits and underscores.
kinds-pool = Pool
kinds-pool-plural = Pools
kinds-pool-about = People who take turns with leads
kinds-pool-new = New pool
kinds-pool-name-hint = Rules assign leads to it by this name, so use lower-case letters, digits and hyphens.
# $n (Number) - The number of fields.
# $shown (String) - The same, written with separators.
kinds-fields = { $n ->
    [one] { $shown } field
   *[other] { $shown } fields
}
# $n (Number) - The number of rules.
# $shown (String) - The same, written with separators.
kinds-rules-size = { $n ->
    [one] { $shown } rule
   *[other] { $shown } rules
}
# $n (Number) - The number of entries.
# $shown (String) - The same, written with separators.
kinds-entries = { $n ->
    [one] { $shown } entry
   *[other] { $shown } entries
}
# $n (Number) - The number of people.
# $shown (String) - The same, written with separators.
kinds-people = { $n ->
    [one] { $shown } person
   *[other] { $shown } people
}

kinds-none-title = Nothing here yet
kinds-none = Rule sets, field extraction and fields come with a workflow. To add one, run `meshline apply FILE.yaml --bootstrap`.

kinds-catalogue-keywords = catalogue
kinds-catalogue-help =
    The fields that the rules of a workflow can read: name, type and unit of each field, and what it means when the field is missing.

    Fields can be added but not removed, and their types never change, so past decisions can always be replayed.
kinds-map-keywords = maps content
kinds-map-help =
    How each field is read from incoming events: from which part of a form or text, with which extractor, and the confidence that is required.

    Versions never change. To suggest a change, edit the map on its page. You see how the newest leads would be decided before you submit the change for approval.
kinds-rules-keywords = conditions decide
kinds-rules-help =
    The rules of each workflow, in order. The first rule that is true decides. If a rule cannot be evaluated because information is missing, the default applies, so no decision is based on a guess.

    Versions never change. To suggest a change, edit the rule set on its page. You see how the newest leads would be decided before you submit the change for approval.

    RevOps and the RevOps lead can switch a rule off, or mute it for one account, without a release. This applies from the next decision on.
kinds-list-keywords = target accounts companies domains
kinds-list-help =
    Companies, domains and other entries that rules look up, such as target accounts. Each decision keeps the version of the list that it used.

    Add or remove entries on the list’s page, or upload a CSV or Excel file. Every change is approved by a second person.
kinds-list-none-title = No lists yet
kinds-list-none = Create a list, for example of target accounts, competitors or partners. Upload a CSV or Excel file and submit it for approval. Rules refer to the list by name.
kinds-pool-keywords = turns assign round robin
kinds-pool-help =
    People who take turns with leads, each with a weight. A rule names a pool, and the next person in the rotation gets the lead. The lead’s page explains the choice.

    Only active people with the role AE can be in a pool.
kinds-pool-none-title = No pools yet
kinds-pool-none = A pool is a group of people who take turns with the leads that a rule assigns. Create one and submit it for approval.
