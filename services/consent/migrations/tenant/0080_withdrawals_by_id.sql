-- A withdrawal is found by its own id, which its dispatches name as their cause. Grants, which are many, are not in it.
CREATE INDEX dispatch_withdrawal ON dispatch ((cause->>'id')) WHERE kind = 'withdrawal';
