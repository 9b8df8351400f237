-- register_grow anew: what is checked before a part is closed now proves both of its ends, so that attaching it reads none of its rows
-- from the second cut on; a bound that was announced and not set in time is taken back before it refuses anybody's decision;
-- and every lock is waited for two seconds at most.
CREATE OR REPLACE FUNCTION register_grow(most bigint, at timestamptz) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
  part record;
  closing record;
  latest timestamptz;
  bound text;
  fresh text;
BEGIN
  SET LOCAL lock_timeout = '2s';
  SELECT c.oid::regclass AS name, c.relname, c.reltuples, substring(pg_get_expr(c.relpartbound, c.oid) FROM 'FROM \((.*)\) TO') AS lower INTO STRICT part
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
   WHERE i.inhparent = 'consent_record'::regclass AND pg_get_expr(c.relpartbound, c.oid) LIKE '%TO (MAXVALUE)';
  SELECT convalidated, substring(pg_get_constraintdef(oid) FROM 'id < ''([0-9a-f-]{36})''') AS bound INTO closing
    FROM pg_constraint WHERE conrelid = part.name AND conname = 'closing';
  IF closing.bound IS NOT NULL AND uuid_extract_timestamp(closing.bound::uuid) < at + interval '1 hour' THEN
    -- Too near: whoever decides behind it would be refused.
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT closing', part.name);
    closing := NULL;
  END IF;
  IF closing IS NULL THEN
    IF part.reltuples < most THEN RETURN 'open'; END IF;
    -- The first id of a time ahead, also of the latest record's: nobody writes a later one before the next step.
    EXECUTE format('SELECT uuid_extract_timestamp(id) FROM %s ORDER BY id DESC LIMIT 1', part.name) INTO latest;
    bound := lpad(to_hex((extract(epoch FROM greatest(at, latest) + interval '6 hours') * 1000)::bigint), 12, '0');
    bound := substr(bound, 1, 8) || '-' || substr(bound, 9) || '-7000-8000-000000000000';
    EXECUTE format('ALTER TABLE %s ADD CONSTRAINT closing CHECK (%s id < %L::uuid) NOT VALID', part.name,
      CASE WHEN part.lower = 'MINVALUE' THEN '' ELSE format('id >= %s::uuid AND', part.lower) END, bound);
    RETURN 'announced';
  END IF;
  IF NOT closing.convalidated THEN
    BEGIN
      EXECUTE format('ALTER TABLE %s VALIDATE CONSTRAINT closing', part.name);
    EXCEPTION WHEN check_violation THEN
      EXECUTE format('ALTER TABLE %s DROP CONSTRAINT closing', part.name);
      RETURN 'put off';
    END;
    RETURN 'proven';
  END IF;
  fresh := 'consent_record_p' || substring(part.relname FROM '[0-9]+$')::int + 1;
  EXECUTE format('ALTER TABLE consent_record DETACH PARTITION %s', part.name);
  EXECUTE format('ALTER TABLE consent_record ATTACH PARTITION %s FOR VALUES FROM (%s) TO (%L)', part.name, part.lower, closing.bound);
  EXECUTE format('ALTER TABLE %s DROP CONSTRAINT closing', part.name);
  EXECUTE format('CREATE TABLE %I PARTITION OF consent_record FOR VALUES FROM (%L) TO (MAXVALUE)', fresh, closing.bound);
  EXECUTE format('REVOKE ALL ON %I FROM {{role}}', fresh);
  RETURN 'grown';
END $$;
