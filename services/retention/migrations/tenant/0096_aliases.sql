-- Refs that consent found to be somebody else's: a hold on any of them is on the whole person.
CREATE TABLE alias (
  ref    text PRIMARY KEY,
  person text NOT NULL
);
CREATE INDEX alias_person ON alias (person);
