-- A tenant's decision to close, written in its own schema, shows in the list of tenants: by this trigger alone, which knows
-- the tenant by the schema of the table. No role at run time may change the list.
CREATE FUNCTION note_closing() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = heed, pg_temp AS $$
BEGIN
  UPDATE heed.tenant SET state = CASE WHEN NEW.drop_after IS NULL THEN 'active' ELSE 'closing' END, drop_after = NEW.drop_after
   WHERE id = substr(TG_TABLE_SCHEMA, 3) AND state IN ('active', 'closing');
  IF NOT FOUND THEN
    RAISE EXCEPTION 'tenant % is not served', substr(TG_TABLE_SCHEMA, 3);
  END IF;
  RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION note_closing() FROM PUBLIC;
