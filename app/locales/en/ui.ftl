### Small parts of pages: chips, dialogs, forms, confidences, evidence and browsers.

ui-not-reached = Not reached
ui-close = Close
ui-copy = Copy
ui-copied = Copied
ui-not-copied = Press Ctrl+C
# $needed (String) - The confidence that is required.
ui-confidence-below = of { $needed } required
# $needed (String) - The confidence that is required.
ui-confidence-enough = { $needed } required
# $count (Number) - How many characters.
# $shown (String) - The same, formatted.
ui-more-characters = { $count ->
    [one] … { $shown } more character
   *[other] … { $shown } more characters
}
# $browser (String) - The name of the browser.
# $system (String) - The name of the operating system.
ui-browser-on = { $browser } on { $system }
ui-browser-unknown = Unknown browser
ui-description = Meshline runs lead qualification as infrastructure.
ui-repeated = The form was submitted twice and took effect once.

error-signed-out = Sign in first.
error-forbidden = Your roles do not include this.
error-unavailable = The database does not answer at the moment. Nothing was changed. Try again in a minute.
error-overloaded = The server is busy with other drafts and lists. Nothing was changed. Try again in a few seconds.
error-internal = Something went wrong on our side.
# $field (String) - The name of the field.
error-field-missing = `{ $field }` is missing.
