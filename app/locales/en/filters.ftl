### The active filters of a list.

filters-active = Active filters
filters-remove = Remove filter
filters-clear = Clear filters
