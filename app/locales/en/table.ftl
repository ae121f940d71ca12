### The table of every list, and the links to its other pages.

table-select = Select
table-sort = Sort by this column
table-newest-first = Sorted newest first. Select to reverse the order.
table-oldest-first = Sorted oldest first. Select to reverse the order.
table-a-to-z = Sorted A to Z. Select to reverse the order.
table-z-to-a = Sorted Z to A. Select to reverse the order.

# $rows (String) - The number of rows with their noun, for example "50 leads".
table-pages = Pages, { $rows } shown
# $rows (String) - The number of rows with their noun, for example "50 leads".
table-first-rows = First { $rows }
# $rows (String) - The number of rows with their noun.
table-newest-rows = Newest { $rows }
# $rows (String) - The number of rows with their noun.
table-oldest-rows = Oldest { $rows }
table-previous = Previous
table-next = Next
table-newer = Newer
table-older = Older
table-search-newer = Search newer
table-search-older = Search older
