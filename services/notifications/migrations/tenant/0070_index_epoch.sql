-- Which key's hashes of addresses are written: read and moved on under the lock of the audiences.
ALTER TABLE audience_head ADD COLUMN epoch int NOT NULL DEFAULT 1;
ALTER TABLE recipient ADD COLUMN epoch int NOT NULL DEFAULT 1;
