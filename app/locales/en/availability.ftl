### The availability and weight of pool members, on the page of a pool.

availability-title = Availability
availability-about = Applies from the next lead on, without a release. Each decision keeps the values it was made with.
availability-caption = Availability of the members
availability-person = Person
availability-weight = Current weight
availability-takes-leads = Takes leads
# $day (String) - The last day away.
availability-away = Away until the end of { $day }
availability-yes = Yes
availability-last-day = Last day away
availability-weight-field = Weight
availability-reset = Leave a field empty to reset it.
availability-save = Save availability
availability-change = Change
# $name (String) - The person's name.
availability-change-of = Change the availability of { $name }
