### Since when and from whom people hold roles, and from when approvals in them count.

role-terms-heading = Roles held
# $role (String) - The title of the role.
role-terms-before = { $role }, held since before role changes were recorded
# $role (String) - The title of the role.
# $giver (String) - Who gave it.
# $day (String) - The day, with the time.
role-terms-since = { $role }, given by { $giver } { $day }
# $time (String) - When it begins to count.
role-terms-counts-from = Approvals in this role count from { $time }.
# $name (String) - The administrator who confirmed it.
role-terms-confirmed = Confirmed by { $name }.
role-terms-confirm = Confirm
# $role (String) - The title of the role.
# $name (String) - The person's name.
role-terms-confirm-label = Confirm { $role } for { $name }
role-terms-confirm-other = To make it count now, a different administrator has to confirm it.
# $role (String) - The title of the role.
# $name (String) - The person's name.
role-terms-was-confirmed = Confirmed. { $name } can now approve as { $role }.
role-terms-nothing-to-confirm = Nothing to confirm: approvals in this role already count, or the person no longer has it.
# $role (String) - The title of the role.
# $time (String) - When it begins to count.
role-terms-not-yet = You can approve as { $role } from { $time }, one day after you got the role. Ask a second administrator to confirm it if you need to approve sooner.
# $time (String) - When the approver had got the role.
# $giver (String) - Who had given it.
role-terms-of-approval = Role given by { $giver } { $time }
