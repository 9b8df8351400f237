import { laneOf } from '@heed/connector-spi';
import type { ReceivedCommand } from '@heed/connector-spi';
import type { Queryable } from '../sql.js';

/**
 * Stores commands in one statement. What a dispatch already known means depends on where it stands:
 * answered for good: the stored answer is due again; held, refused or failed: it is work again, behind what came since;
 * still waiting: the newer body counts (it carries the renewed clearance), its place in the order stays.
 */
export async function receive(db: Queryable, s: string, commands: readonly ReceivedCommand[]): Promise<void> {
  const latest = [...new Map(commands.map((command) => [command.data.dispatchId, command])).values()];
  if (latest.length === 0) return;
  const column = <T>(of: (command: ReceivedCommand) => T): T[] => latest.map(of);
  await db.query(
    `INSERT INTO ${s}.journal AS j (dispatch_id, position, command_id, kind, urgent, owner, ref, aliases, version, issued_at, correlation_id, traceparent, command)
     SELECT c.dispatch_id, nextval('${s}.topic_order'), c.command_id, c.kind, c.urgent, c.owner, c.ref, string_to_array(c.aliases, ','), c.version,
            c.issued_at, c.correlation_id, c.traceparent, c.command
     FROM unnest($1::text[], $2::uuid[], $3::text[], $4::bool[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::timestamptz[],
                 $10::text[], $11::text[], $12::text[])
       WITH ORDINALITY AS c(dispatch_id, command_id, kind, urgent, owner, ref, aliases, version, issued_at, correlation_id, traceparent, command, place)
     ORDER BY c.place
     ON CONFLICT (dispatch_id) DO UPDATE SET
       state = CASE WHEN j.outcome IN ('held','refused','failed') THEN 'received'
                    WHEN j.state = 'acknowledged' AND j.kind = 'erasure' THEN 'verified'
                    WHEN j.state = 'acknowledged' THEN 'settled' ELSE j.state END,
       position = CASE WHEN j.outcome IN ('held','refused','failed') THEN excluded.position ELSE j.position END,
       command_id = CASE WHEN j.outcome IN ('done','nothing_found','superseded') THEN j.command_id ELSE excluded.command_id END,
       command = CASE WHEN j.outcome IN ('done','nothing_found','superseded') THEN j.command ELSE excluded.command END,
       aliases = CASE WHEN j.outcome IN ('done','nothing_found','superseded') THEN j.aliases ELSE excluded.aliases END,
       issued_at = excluded.issued_at, correlation_id = excluded.correlation_id, traceparent = excluded.traceparent,
       outcome = CASE WHEN j.outcome IN ('held','refused','failed') THEN NULL ELSE j.outcome END,
       reason = CASE WHEN j.outcome IN ('held','refused','failed') THEN NULL ELSE j.reason END,
       verify_again_at = CASE WHEN j.outcome IN ('held','refused','failed') THEN NULL ELSE j.verify_again_at END,
       acknowledgement = NULL
     WHERE excluded.issued_at >= j.issued_at`,
    [
      column((c) => c.data.dispatchId),
      column((c) => c.commandId),
      column((c) => c.kind),
      column((c) => laneOf(c.kind) === 'urgent'),
      column((c) => c.data.owner),
      column((c) => c.data.ref),
      column((c) => c.data.aliases.join(',')),
      column((c) => c.data.version),
      column((c) => new Date(c.data.issuedAt)),
      column((c) => c.cause.correlationId),
      column((c) => c.cause.traceparent ?? null),
      column((c) => JSON.stringify(c.data)),
    ],
  );
}
