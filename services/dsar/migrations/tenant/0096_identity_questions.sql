-- Refs of which consent found, while an erasure was open, that they are the same person, or are not any more. Until somebody
-- says whether it is about them too, nothing of it is sent.
ALTER TABLE request ADD COLUMN asks_about text[] NOT NULL DEFAULT '{}';
