-- What is open is found by its dispatch, whatever is done already.
DROP INDEX dispatch_target_open;
CREATE INDEX dispatch_target_open ON dispatch_target (dispatch_id)
  WHERE state IN ('pending', 'held', 'refused', 'failed', 'overdue', 'escalated');

-- Late dispatches have deadlines too.
DROP INDEX dispatch_due;
CREATE INDEX dispatch_due ON dispatch (due_at) WHERE state NOT IN ('done', 'cancelled');
