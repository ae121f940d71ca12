-- What tells keys apart in a list: how the text of a key begins, who created it, and when it was last used.

ALTER TABLE api_keys
    ADD COLUMN prefix text CONSTRAINT api_keys_prefix_is_short CHECK (length(prefix) <= 12),
    ADD COLUMN created_by text,
    ADD COLUMN last_used_at timestamptz;
COMMENT ON COLUMN api_keys.prefix IS 'First characters of the key, by which people recognise it; null for keys that are older than this column.';
COMMENT ON COLUMN api_keys.created_by IS 'Who created it, as the audit log names actors.';
COMMENT ON COLUMN api_keys.last_used_at IS 'When a request last used it, to the minute; null if none has since this column exists.';

UPDATE api_keys k SET created_by = a.actor FROM audit_log a WHERE a.action = 'key.add' AND a.subject = 'key:' || k.id;
