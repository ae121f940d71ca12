### One action: its content, its state, and its delivery attempts.

# $action (String) - The kind of action, for example "CRM action".
# $destination (String) - The title of the destination.
effect-title = { $action } to { $destination }
effect-actions = Actions

# $destination (String) - The title of the destination.
effect-delivered = Delivered to { $destination }.
# $destination (String) - The title of the destination.
effect-failed = Delivery to { $destination } failed.
# $destination (String) - The title of the destination.
# $reason (String) - The error, and the answer of the destination.
effect-failed-because = Delivery to { $destination } failed: { $reason }.
# $destination (String) - The title of the destination.
effect-retrying = Not delivered to { $destination } yet.
# $destination (String) - The title of the destination.
# $reason (String) - The error, and the answer of the destination.
effect-retrying-because = Not delivered to { $destination } yet: { $reason }.
# $error (String) - The error.
# $answer (String) - The answer of the destination.
effect-reason = { $error }: { $answer }
# $destination (String) - The title of the destination.
effect-waiting = Waiting to be sent to { $destination }.
# $destination (String) - The title of the destination.
effect-sending = Being sent to { $destination }.
effect-expired = This action expired and was not sent.
# $time (String) - When, for example "today 09:02".
effect-expired-at = This action expired { $time } and was not sent.
effect-superseded = A later decision was delivered to the same record first, so this action was not sent.
effect-withdrawn = The person was erased, so this action was not sent.
effect-archived = This action is finished and its attempts are archived.

effect-details = Details
effect-action = Action
effect-lead = Lead
effect-destination = Destination
effect-decision = Decision
# $number (String) - The number of the decision among those about the lead.
effect-decision-number = Decision { $number } about this lead
# $number (String) - The number of the decision among those about the lead.
effect-decision-person = Decision { $number } about this lead, changed by a person
effect-decided = Decided
effect-due = Due
effect-expires = Expires
effect-idempotency-key = Idempotency key
effect-record-key = Record key
effect-full-keys = Full keys and IDs
effect-keys-about = Every attempt uses the same idempotency key, so the destination can ignore repeats. Actions with the same record key change the same record, and the latest decision wins.
effect-action-id = Action ID
effect-decision-id = Decision ID

effect-attempts = Attempts
# $count (Number) - How many.
# $shown (String) - The same, formatted.
effect-attempts-count = { $count ->
    [one] { $shown } attempt
   *[other] { $shown } attempts
}
effect-no-attempts = No attempts yet. Each attempt will appear here with its request and response.
effect-erased = This person was erased, so requests and responses can no longer be read. The time and result of each attempt are kept.
# $number (String) - The number of the attempt.
effect-attempt = Attempt { $number }
# $time (Element) - When it started.
# $duration (String) - How long it took.
effect-attempt-took = { $time }, took { $duration }
# $time (Element) - When it started.
# $duration (String) - How long it took.
# $status (String) - The HTTP status.
effect-attempt-took-status = { $time }, took { $duration }, status { $status }
effect-exchange = Request and response
effect-request = Request
effect-response = Response
