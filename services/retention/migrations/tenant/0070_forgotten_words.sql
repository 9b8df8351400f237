-- Who was erased: what officers wrote about holds that protected them goes a while after those were released.
CREATE TABLE erased_person (
  ref       text PRIMARY KEY,
  erased_at timestamptz NOT NULL
);
-- Null once the words are gone; the hold itself stays.
ALTER TABLE hold ALTER COLUMN matter DROP NOT NULL;
ALTER TABLE hold ALTER COLUMN reason DROP NOT NULL;
CREATE INDEX hold_released_words ON hold (released_at) WHERE released_at IS NOT NULL AND matter IS NOT NULL;
