### The tools of every list: saved views, columns and the export.

list-tools-csv = CSV
# $rows (String) - The maximum number of rows.
list-tools-csv-about = Export this list with its filters, at most { $rows } rows
list-tools-columns = Columns
list-tools-show-columns = Show columns
list-tools-reset-columns = Reset
list-tools-views = Saved views
list-tools-save-this = Save this view
list-tools-save = Save view
list-tools-save-about = Saves the current filters, order and columns. Only you see this view. A view with the same name is replaced.
list-tools-edit = Edit view
list-tools-rename = Rename view
# $name (String) - The name of the view.
list-tools-delete = Delete “{ $name }”
list-tools-name = Name

# $name (String) - The name of the view.
list-tools-saved = “{ $name }” is saved. You find it above the list.
list-tools-not-saved = The view was not saved.
# $reason (String) - Why, as a sentence.
list-tools-not-saved-because = The view was not saved. { $reason }
# $name (String) - The new name of the view.
list-tools-renamed = The view is now called “{ $name }”.
list-tools-renamed-twice = The view was not renamed because you already have a view with this name. Choose another name.
# $name (String) - The name of the view.
list-tools-deleted = “{ $name }” was deleted. The list still shows its filters.
list-tools-name-missing = Enter a name for the view.
# $limit (String) - The maximum number of characters.
# $count (String) - The number of characters.
list-tools-name-too-long = The name has { $count } characters. Shorten it to { $limit } or fewer.
list-tools-wrong-address = This is not the address of a list. Open the list and save the view again.
list-tools-too-many-filters = The view was not saved because it has too many filters. Remove some and try again.
