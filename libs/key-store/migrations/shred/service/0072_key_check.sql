-- What the keys of blind indexes that this service works with are known by: were an empty, another or an older keys database
-- put in the right one's place, everybody would be somebody new. No row is ever deleted while its tenant is there.
CREATE TABLE key_check (
  tenant  text NOT NULL,
  epoch   int NOT NULL CHECK (epoch > 0),
  -- HMAC of a fixed word under the key: tells which key it is, and nothing of it.
  value   bytea NOT NULL,
  -- Somebody with the right to it has said that the key is lost for good: its number is not given to another.
  lost_at timestamptz,
  PRIMARY KEY (tenant, epoch)
);
GRANT SELECT, INSERT ON key_check TO {{login}};
