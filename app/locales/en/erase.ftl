### Erasing a person, and what destinations still hold.

erase-title = Erase person
# $name (String) - The person's name.
erase-title-of = Erase { $name }
erase-done-title = This person has already been erased
erase-done = Records at destinations are listed below.
# $count (Number) - How many other leads.
# $shown (String) - The same, formatted.
erase-merged = { $count ->
    [one] { $shown } other lead of this person will be erased too, because it is merged with this one.
   *[other] { $shown } other leads of this person will be erased too, because they are merged with this one.
}
# $count (Number) - How many.
# $shown (String) - The same, formatted.
erase-waiting = { $count ->
    [0] No deliveries are waiting.
    [one] { $shown } waiting delivery will be withdrawn instead of sent.
   *[other] { $shown } waiting deliveries will be withdrawn instead of sent.
}
erase-final = This cannot be undone.
erase-final-about = No one, including Meshline, can open the data afterwards.
erase-destroyed = Destroyed
erase-destroyed-profile = The profile: name, e-mail address, company, domain and external ID
# $events (Number) - How many events.
# $shown (String) - The same, formatted.
# $decisions (String) - The number of decisions with their noun.
erase-destroyed-key = { $events ->
    [one] The key to { $shown } event and to the inputs of { $decisions }
   *[other] The key to { $shown } events and to the inputs of { $decisions }
}
# $count (Number) - How many.
# $shown (String) - The same, formatted.
erase-decisions = { $count ->
    [one] { $shown } decision
   *[other] { $shown } decisions
}
# $count (Number) - How many.
# $shown (String) - The same, formatted.
erase-destroyed-identities = { $count ->
    [one] { $shown } identity that would match new events to this lead
   *[other] { $shown } identities that would match new events to this lead
}
erase-destroyed-texts = Reasons and notes, and the requests and responses of deliveries
erase-kept = Kept
erase-kept-log = Events, decisions and the rules that made them, without the person’s data
# $count (Number) - How many.
# $shown (String) - The same, formatted.
erase-kept-outcomes = { $count ->
    [one] { $shown } outcome with its stage and time, for the figures
   *[other] { $shown } outcomes with their stages and times, for the figures
}
erase-kept-hashes = The hashes that verify the log
erase-kept-backups = Backups, until you delete them
erase-kept-again = If the person contacts you again, they become a new lead.

erase-held = Records at destinations
erase-held-none = Nothing about this person was delivered.
erase-held-about = Meshline cannot delete these records. Use the key to delete each one at its destination.
erase-held-destination = Destination
erase-held-key = Key
# $key (String) - The key of the record.
erase-held-uid = UID { $key }@meshline
erase-held-deliveries = Deliveries
erase-held-last = Last delivery

erase-reason = Reason
erase-confirm = Confirmation
erase-confirm-field = Name, e-mail address or ID of the lead
# $name (Element) - What to type.
erase-confirm-type = To confirm, type { $name }.
erase-reason-about = The audit log keeps the reason, so leave personal data out of it.
erase-cancel = Cancel
