### The frame around every page: the menu, and the pages for errors.

frame-skip = Skip to content
frame-menu = Menu
frame-main = Main
frame-start = Start
frame-content = Content
frame-rules = Rules
frame-sync = Execution & sync
frame-control = Control
frame-settings = Settings
# $count (Element) - How many leads, formatted.
frame-waiting = { $count } waiting
# $count (Element) - How many changes.
frame-waiting-for-you = { $count } waiting for you
frame-no-role = No role yet
# $role (String) - The first role.
# $count (String) - How many other roles.
frame-roles = { $role } and { $count } more
frame-account = Your account
frame-sign-out = Sign out
frame-colors = Colours
frame-colors-auto = Auto
frame-colors-light = Light
frame-colors-dark = Dark
frame-theme-unknown = Unknown theme. Choose auto, light or dark.

frame-signed-out = You are signed out
frame-forbidden = Not available to your roles
frame-not-found = Not found
frame-invalid = Invalid request
frame-conflict = Changed in the meantime
frame-unavailable = Try again in a minute
frame-internal = Something went wrong
frame-sign-in = Sign in
frame-roles-next = An administrator can change your roles under People.
frame-to-home = Go to home
frame-to-leads = Go to leads
# $id (Element) - The ID of the request.
frame-request-id = Quote this ID to support: { $id }

# $name (String) - The person.
# $at (String) - The date and time.
frame-printed = Printed by { $name }, { $at }
