-- The register in parts. Ids are UUIDv7, so a part is a stretch of time, and what is written goes to the end of the last:
-- its index by person stays small enough for the memory however old the register is. A tenant begins with one part, which
-- is the table of before; register_grow closes it when it is large.
ALTER TABLE consent_record RENAME TO consent_record_p1;
ALTER TABLE consent_record_p1 RENAME CONSTRAINT consent_record_pkey TO consent_record_p1_pkey;
ALTER INDEX consent_record_ref RENAME TO consent_record_p1_ref;
CREATE TABLE consent_record (LIKE consent_record_p1 INCLUDING DEFAULTS INCLUDING CONSTRAINTS) PARTITION BY RANGE (id);
ALTER TABLE consent_record ADD PRIMARY KEY (id), ADD FOREIGN KEY (ref) REFERENCES subject (ref);
CREATE INDEX consent_record_ref ON consent_record (ref, id);
ALTER TABLE consent_record ATTACH PARTITION consent_record_p1 FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
REVOKE UPDATE, DELETE, TRUNCATE ON consent_record FROM {{role}};
REVOKE ALL ON consent_record_p1 FROM {{role}};

-- One step towards the next part, where the last has more than so many records; asked again until it answers 'open'. In steps
-- that commit by themselves, because only the middle one takes long, and it holds up nobody: the bound of the old part is
-- announced for a time ahead, proven, and then set. The service owns no table, so this is its only way.
CREATE FUNCTION register_grow(most bigint, at timestamptz) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
  part record;
  closing record;
  bound text;
  fresh text;
BEGIN
  SELECT c.oid::regclass AS name, c.relname, c.reltuples, substring(pg_get_expr(c.relpartbound, c.oid) FROM 'FROM \((.*)\) TO') AS lower INTO STRICT part
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
   WHERE i.inhparent = 'consent_record'::regclass AND pg_get_expr(c.relpartbound, c.oid) LIKE '%TO (MAXVALUE)';
  SELECT convalidated, pg_get_constraintdef(oid) AS definition INTO closing FROM pg_constraint WHERE conrelid = part.name AND conname = 'closing';
  IF closing IS NULL THEN
    IF part.reltuples < most THEN RETURN 'open'; END IF;
    -- The first id of that time: nobody writes a later one before the next step.
    bound := lpad(to_hex((extract(epoch FROM at + interval '6 hours') * 1000)::bigint), 12, '0');
    EXECUTE format('ALTER TABLE %s ADD CONSTRAINT closing CHECK (id < %L::uuid) NOT VALID', part.name,
      substr(bound, 1, 8) || '-' || substr(bound, 9) || '-7000-8000-000000000000');
    RETURN 'announced';
  END IF;
  IF NOT closing.convalidated THEN
    EXECUTE format('ALTER TABLE %s VALIDATE CONSTRAINT closing', part.name);
    RETURN 'proven';
  END IF;
  bound := substring(closing.definition FROM '[0-9a-f]{8}-[0-9a-f-]{27}');
  fresh := 'consent_record_p' || substring(part.relname FROM '[0-9]+$')::int + 1;
  SET LOCAL lock_timeout = '2s';
  EXECUTE format('ALTER TABLE consent_record DETACH PARTITION %s', part.name);
  EXECUTE format('ALTER TABLE consent_record ATTACH PARTITION %s FOR VALUES FROM (%s) TO (%L)', part.name, part.lower, bound);
  EXECUTE format('ALTER TABLE %s DROP CONSTRAINT closing', part.name);
  EXECUTE format('CREATE TABLE %I PARTITION OF consent_record FOR VALUES FROM (%L) TO (MAXVALUE)', fresh, bound);
  EXECUTE format('REVOKE ALL ON %I FROM {{role}}', fresh);
  RETURN 'grown';
END $$;
REVOKE ALL ON FUNCTION register_grow FROM PUBLIC;
GRANT EXECUTE ON FUNCTION register_grow TO {{role}};
