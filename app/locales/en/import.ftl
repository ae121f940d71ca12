### Importing leads: the upload, the mapping of columns, and the actions of both.

import-title = Import leads
import-about = Past leads, evaluated at their original time
import-earlier = Earlier imports
import-choose = Choose a file of up to 2 GB, or a spreadsheet of up to 50 MB.
import-file = CSV, Excel (.xlsx) or NDJSON file
import-upload = Upload file
import-hint-header = The first row has to name the columns. Delimiters, encodings and decimal commas are recognized.
import-hint-resume = To resume an interrupted upload, choose the same file again.
import-hint-check = Uploading imports nothing yet. You check the columns first.

import-unfinished = Unfinished uploads
import-unfinished-about = To resume an upload, choose the same file above. Unfinished uploads are deleted after three days.
import-unfinished-caption = Files that are only partly uploaded
import-unfinished-file = File
import-unfinished-uploaded = Uploaded
import-unfinished-last = Last activity
# $done (String) - The size that has arrived.
# $total (String) - The size of the file.
import-unfinished-of = { $done } of { $total }
import-cancel-upload = Cancel upload
# $file (String) - The name of the file.
import-cancel-upload-of = Cancel upload of { $file }

# $count (Number) - The size.
# $shown (String) - The same, formatted.
import-size-bytes = { $count ->
    [one] { $shown } byte
   *[other] { $shown } bytes
}
# $size (String) - The size, formatted.
import-size-kilobytes = { $size } kB
# $size (String) - The size, formatted.
import-size-megabytes = { $size } MB
# $size (String) - The size, formatted.
import-size-gigabytes = { $size } GB

# $file (String) - The name of the file.
import-mapping-title = Import { $file }
import-breadcrumb = Breadcrumb
import-preview = Preview
import-first-rows = First rows of the file
import-gone = This file was deleted because it was imported or has expired. Upload it again to import it.
import-to-run = Show its import
import-upload-another = Upload another file

import-field-email = E-mail address
import-field-external-id = ID in the source
import-field-name = Name
import-field-company = Company
import-field-domain = Company domain
import-leads = Leads
import-workflow = Workflow
import-no-column = No column
import-time = Time
import-time-of-import = Time of the import
import-zone = Time zone
import-dates = Date format
import-dates-none = Not needed
# $order (String) - The order of day and month.
# $example (String) - A date in that order.
import-dates-as-in = { $order }, as in { $example }
import-wrong-dates = Choose a date format from the list.
import-dates-about = Applies to dates such as 3/4/2026. Without a date format, they are rejected.
# $format (String) - The recognized format, such as “CSV with semicolons”.
import-read-as = Read as { $format }
import-zone-about = Applies to times in the file that do not name a time zone.
import-outcomes = Outcomes
import-outcomes-about = If a column has this value, the lead has reached the stage.
# $number (String) - The number of the outcome in the form.
import-outcome-column = Outcome { $number }: column
# $number (String) - The number of the outcome in the form.
import-outcome-value = Outcome { $number }: value
# $number (String) - The number of the outcome in the form.
import-outcome-stage = Outcome { $number }: stage
# $number (String) - The number of the outcome in the form.
import-outcome-time = Outcome { $number }: time
import-no-stage = No stage
import-unknown-time = Unknown time
import-more-fields = Other fields, one per line: field = column
import-more-fields-about = Field extraction can also read every column by its own name.
import-start = Start import
import-update-preview = Update preview

import-mapping-wrong = The mapping has a problem. Correct it and update the preview.
# $count (Number) - How many rows were tried.
# $shown (String) - The same, formatted.
import-preview-good = { $count ->
    [one] The first row can be imported. Check that each column is mapped to the right field.
   *[other] The first { $shown } rows can be imported. Check that each column is mapped to the right field.
}
# $rejected (Number) - How many rows would be rejected.
# $shown (String) - The same, formatted.
# $rows (String) - How many rows were tried, formatted.
import-preview-rejected = { $rejected ->
    [one] { $shown } of the first { $rows } rows would be rejected. Check that each column is mapped to the right field.
   *[other] { $shown } of the first { $rows } rows would be rejected. Check that each column is mapped to the right field.
}
import-preview-caption = The first rows as they would be imported
import-line = Line
# $number (String) - The number of the line in the file.
import-line-number = Line { $number }
# $reason (String) - Why the row would be rejected.
import-rejected = Rejected: { $reason }
# $column (String) - The column with the problem.
# $reason (String) - Why the row would be rejected.
import-rejected-column = Rejected because of { $column }: { $reason }
# $reason (String) - Why the outcome would be rejected.
import-outcome-rejected = Outcome rejected: { $reason }
# $column (String) - The column with the problem.
# $reason (String) - Why the outcome would be rejected.
import-outcome-rejected-column = Outcome rejected because of { $column }: { $reason }
# $count (Number) - How many columns are not shown.
# $shown (String) - The same, formatted.
import-more-columns = { $count ->
    [one] And { $shown } more column.
   *[other] And { $shown } more columns.
}

# $reason (String) - What is wrong, as a sentence.
import-not-started = Nothing was imported. { $reason }
import-wrong-workflow = The workflow is not live. Choose another one.
import-file-deleted = The file was deleted. Upload it again.
# $reason (String) - What is wrong, as a sentence.
import-upload-rejected = The file was rejected. { $reason }
import-upload-cancelled = Upload cancelled.
import-no-folder = This server cannot store files because it has no data directory. Ask an administrator to configure one.

# $zone (String) - What the form contains.
import-wrong-zone = There is no time zone `{ $zone }`. Choose one from the list.
# $line (String) - The number of the line.
# $text (String) - The line.
import-more-not-a-pair = Other fields, line { $line }: `{ $text }` is not in the form field = column.
# $line (String) - The number of the line.
# $text (String) - The line.
import-more-half = Other fields, line { $line }: `{ $text }` needs both a field and a column: field = column.
# $line (String) - The number of the line.
# $field (String) - The name of the field.
import-more-twice = Other fields, line { $line }: `{ $field }` already has a column. Remove this line.
# $line (String) - The number of the line.
# $limit (String) - How many fields are possible.
import-more-too-many = Other fields, line { $line }: There can be at most { $limit } other fields. Remove this line and those below it.
# $number (String) - The number of the outcome in the form.
# $missing (String) - The empty fields, joined by "or".
import-outcome-incomplete = Outcome { $number } has no { $missing }. Fill in column, value and stage, or clear the whole outcome.
import-outcome-part-column = column
import-outcome-part-value = value
import-outcome-part-stage = stage

import-upload-resume = Resume upload
# $file (String) - The name of the file.
import-upload-started = Uploading { $file }.
# $file (String) - The name of the file.
# $done (String) - The size that has been sent, with its unit.
# $total (String) - The size of the file, with its unit.
import-upload-progress = Uploading { $file }: { $done } of { $total }
# $file (String) - The name of the file.
# $done (String) - The size that has been sent, with its unit.
# $total (String) - The size of the file, with its unit.
import-upload-seconds-left = Uploading { $file }: { $done } of { $total }, less than a minute left
# $file (String) - The name of the file.
# $done (String) - The size that has been sent, with its unit.
# $total (String) - The size of the file, with its unit.
# $left (String) - How many minutes.
import-upload-minutes-left = Uploading { $file }: { $done } of { $total }, about { $left } min left
# $file (String) - The name of the file.
# $done (String) - The size that has been sent, with its unit.
# $total (String) - The size of the file, with its unit.
# $left (String) - How many hours.
import-upload-hours-left = Uploading { $file }: { $done } of { $total }, about { $left } h left
# $done (String) - The size that has been checked, with its unit.
# $total (String) - The size that has been sent, with its unit.
import-upload-checking = Checking the part that is already uploaded: { $done } of { $total }
import-upload-finishing = Upload complete. Reading the columns…
import-upload-lost = The connection was lost. The uploaded part is kept.
import-upload-retrying = The connection was lost. Retrying…
import-upload-unreadable = The file can no longer be read. Choose it again to continue.
import-upload-signed-out = You are signed out. Sign in and choose the file again to continue.
# $status (String) - The HTTP status.
import-upload-refused = The server rejected the file (status { $status }).
