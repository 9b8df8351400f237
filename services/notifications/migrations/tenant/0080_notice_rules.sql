-- The policy version in force when the change was announced: what it promised holds for this notice.
ALTER TABLE notice ADD COLUMN announced_under int;
