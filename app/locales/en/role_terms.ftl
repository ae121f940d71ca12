### Since when and from whom people hold roles, and from when approvals in them count.

role-terms-heading = Roles held
# $role (String) - The title of the role.
role-terms-before = { $role }, from before this was recorded
# $role (String) - The title of the role.
# $giver (String) - Who gave it.
# $day (String) - The day, with the time.
role-terms-since = { $role }, from { $giver }, { $day }
# $time (String) - When it begins to count.
role-terms-counts-from = Approvals in this role count from { $time }.
# $name (String) - The administrator who confirmed it.
role-terms-confirmed = Confirmed by { $name }.
role-terms-confirm = Confirm
# $role (String) - The title of the role.
# $name (String) - The person's name.
role-terms-confirm-label = Confirm { $role } for { $name }
role-terms-confirm-other = Another administrator than the one who gave it can confirm it, so that it counts at once.
# $role (String) - The title of the role.
# $name (String) - The person's name.
role-terms-was-confirmed = { $role } of { $name } is confirmed. Approvals in it count now.
role-terms-nothing-to-confirm = This role counts already, or the person no longer holds it.
# $role (String) - The title of the role.
# $time (String) - When it begins to count.
role-terms-not-yet = You can approve as { $role } from { $time }, a day after the role was given to you. A second administrator can confirm it before.
# $time (String) - When the approver had got the role.
# $giver (String) - Who had given it.
role-terms-of-approval = Role since { $time }, from { $giver }
