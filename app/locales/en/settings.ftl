### Settings of the organization.

settings-title = Settings
settings-organization = Organization
settings-name = Name
settings-no-name = No name yet
settings-name-about = Shown in the menu and on printed pages.
settings-time-zone = Default time zone
settings-number-format = Default number format
settings-save-organization = Save organization

settings-owners = Layer owners
settings-no-owner = No owner
# $role (String) - The role that owns the layer.
settings-owner-role = People with the role { $role }.
settings-two-owners = Content and rules need two different owners.
settings-save-owners = Save owners

settings-address = Public address
settings-no-address = Not configured. Links use the address in your browser.
# $variable (Element) - The name of an environment variable.
settings-address-next = To change it, set { $variable } and restart the server.
settings-mail = E-mail
settings-mail-about = Meshline sends password links and notices by e-mail.
settings-send-test = Send test e-mail to yourself
settings-no-mail = No mail server is configured. People who forget their password need a link from an administrator.
# $server (Element) - The name of an environment variable.
# $sender (Element) - The name of an environment variable.
settings-no-mail-next = To configure one, set { $server } and { $sender } and restart the server.

settings-not-saved = Not saved: fix the marked fields.
settings-saved = Saved. People who already have an account keep their own time zone and number format.
settings-owner-inactive = This person cannot sign in. Choose someone else.
settings-owners-saved = Saved. The menu shows the owner of each layer.
settings-two-owners-why = Content and rules need two different owners, so that no one person controls both the fields that are extracted and the decisions.
settings-mail-missing = No mail server is configured.
settings-test-subject = Test e-mail from Meshline
# $name (String) - The person's name.
settings-test-text =
    Hello { $name },

    This is the test e-mail you asked for. E-mail works.
# $email (String) - The address.
settings-test-sent = The mail server accepted an e-mail to { $email }.
# $reason (String) - The response of the mail server.
settings-test-rejected = The mail server rejected the e-mail: { $reason }
