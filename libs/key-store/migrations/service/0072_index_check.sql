-- Every key of a blind index that there ever was, by its check value: a service compares them with those that it remembers.
-- Keys go, their rows here stay.
CREATE TABLE index_check (
  tenant text NOT NULL,
  epoch  int NOT NULL CHECK (epoch > 0),
  value  bytea NOT NULL,
  PRIMARY KEY (tenant, epoch)
);
GRANT SELECT, INSERT ON index_check TO {{login}};
