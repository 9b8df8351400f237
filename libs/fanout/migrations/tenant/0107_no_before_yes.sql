-- What takes something away is found first, however many yeses wait: an import of a million holds up nobody's withdrawal.
CREATE INDEX dispatch_send_first ON dispatch (send_at) WHERE send_at IS NOT NULL AND kind <> 'grant';
