DROP TABLE used_forms;
DROP TABLE saved_views;
