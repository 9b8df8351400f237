-- Certificates are kept in issued_certificate, with the evidence of the ledger. No release has had this table.
DROP TABLE certificate;
