### The search dialog and the keyboard shortcuts.

palette-search = Search
palette-placeholder = Leads, changes, rules, people, pages
palette-results = Results
palette-key-escape = Esc
palette-key-control = Ctrl
palette-shortcuts = Keyboard shortcuts
palette-show-shortcuts = Show keyboard shortcuts
palette-close = Close
palette-on-this-page = On this page
palette-everywhere = Everywhere
palette-go-to = Go to
palette-about-page = About this page
palette-close-panel = Close a panel
