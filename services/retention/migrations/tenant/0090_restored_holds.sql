-- A hold that came back from its ledger has no words but those of its release; they go like the others.
CREATE INDEX hold_released_any_words ON hold (released_at) WHERE released_at IS NOT NULL AND coalesce(matter, reason, release_note) IS NOT NULL;
DROP INDEX hold_released_words;
