-- Whose a synced decision was is forgotten with the person; that it was taken stays known, so that it is not taken again.
CREATE INDEX synced_decision_ref ON synced_decision (ref);
