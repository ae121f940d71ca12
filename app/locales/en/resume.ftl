### The page that confirms that a destination or a workflow is resumed.

# $title (String) - The title of the destination or workflow.
resume-title = Resume { $title }
resume-title-all = Resume every workflow
# $destination (String) - The title of the destination.
resume-not-paused = { $destination } is not paused.
# $workflow (String) - The title of the workflow.
resume-not-stopped = { $workflow } is not stopped.
resume-not-all-stopped = There is no stop for all workflows.
resume-back = Back to deliveries
# $reason (String) - The reason that was given.
resume-paused = Paused: { $reason }
# $reason (String) - The reason that was given.
resume-stopped = Stopped: { $reason }

resume-consequences = Consequences
resume-none-waiting = No actions are waiting.
resume-none-sent = No actions are sent now.
# $count (Number) - How many.
# $shown (String) - The same, formatted.
resume-sent = { $count ->
    [one] { $shown } action is sent immediately.
   *[other] { $shown } actions are sent immediately, oldest first.
}
# $count (Number) - How many.
# $shown (String) - The same, formatted.
resume-held-by-destination = { $count ->
    [one] { $shown } action stays on hold because its destination is paused.
   *[other] { $shown } actions stay on hold because their destinations are paused.
}
# $count (Number) - How many.
# $shown (String) - The same, formatted.
resume-held-by-workflow = { $count ->
    [one] { $shown } action stays on hold because its workflow is stopped.
   *[other] { $shown } actions stay on hold because their workflows are stopped.
}
# $count (Number) - How many leads are in the queue.
# $shown (String) - The same, formatted.
resume-queue = { $count ->
    [0] The rules decide new leads again.
    [one] The rules decide new leads again. The lead in the queue stays there.
   *[other] The rules decide new leads again. The { $shown } leads in the queue stay there.
}
# $expired (Number) - How many have expired.
# $shown (String) - The same, formatted.
# $waiting (String) - How many are waiting, formatted.
resume-expired = { $expired ->
    [one] { $shown } of { $waiting } waiting actions has expired and will not be sent.
   *[other] { $shown } of { $waiting } waiting actions have expired and will not be sent.
}
resume-expired-about = To send a lead’s current state, evaluate the lead again after you resume.
resume-show-expired = Show expired actions
resume-reason = Reason
resume-reason-about = The reason is recorded in the audit log.
resume-cancel = Cancel
