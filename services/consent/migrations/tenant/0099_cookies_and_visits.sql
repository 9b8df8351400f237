-- Branded domains of partners: who answers for asking there, and whether analytics is set up at all (ASK-17).
CREATE TABLE cookie_domain (
  domain     text PRIMARY KEY,
  partner    text NOT NULL,
  analytics  boolean NOT NULL,
  updated_at timestamptz NOT NULL,
  updated_by text NOT NULL
);

-- How often a page was looked at: nobody is in it, not even by network (AJU-06).
CREATE TABLE visit_count (
  day    date NOT NULL,
  domain text NOT NULL,
  path   text NOT NULL,
  region text NOT NULL DEFAULT '',
  visits bigint NOT NULL CHECK (visits > 0),
  PRIMARY KEY (day, domain, path, region)
);
