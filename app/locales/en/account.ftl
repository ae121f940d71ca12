### The viewer's own account.

account-title = Your account
account-profile = Profile
account-name = Name
account-email = E-mail
account-roles = Roles
account-theme = Theme

account-display = Display and shortcuts
account-time-zone = Time zone
# $time (String) - The date and time.
account-current-time = Current time: { $time }
account-number-format = Number format
account-single-keys = Single-key shortcuts
account-single-keys-about = Turn off if you use speech input. Ctrl+K still opens the search.
account-save = Save

account-password = Password
account-current-password = Current password
account-new-password = New password
account-repeat-password = Repeat new password
account-password-about = At least 12 characters. Signs you out in other browsers.
account-change-password = Change password

account-sessions = Sessions
# $count (Number) - How many.
# $shown (String) - The same, formatted.
account-browsers = { $count ->
    [one] { $shown } browser
   *[other] { $shown } browsers
}
account-sessions-caption = Browsers you are signed in with
account-browser = Browser
account-address = IP address
account-signed-in = Signed in
account-last-seen = Last seen
account-this-browser = this browser
account-sign-out-others = Sign out other browsers
account-sign-out-title = Sign out
# $browser (Element) - The browser, for screen readers only.
account-sign-out = Sign out { $browser }

account-not-changed = Not changed: fix the marked fields.
account-wrong-password = This is not your current password.
account-password-changed = Password changed. You are signed out in other browsers.
account-signed-out = The browser is signed out.
account-signed-out-before = The browser was already signed out.
account-signed-out-others = You are signed out in every other browser.
account-saved = Saved.
