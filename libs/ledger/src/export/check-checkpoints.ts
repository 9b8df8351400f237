import { isHeedError } from '@heed/kernel';
import { openCheckpoint } from '../checkpoint/checkpoint.js';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { parseVkey } from '../checkpoint/vkey.js';
import type { Vkey } from '../checkpoint/vkey.js';
import type { ExportFolder } from './export-folder.js';
import { fault } from './finding.js';
import type { FindingCode } from './finding.js';

/** A signed checkpoint, and where it was found: what a finding calls it. */
export interface NamedCheckpoint extends Checkpoint {
  readonly where: string;
}

export interface SignedCheckpoints {
  /** Shortest first, one of each size. */
  readonly all: readonly NamedCheckpoint[];
  readonly longest: NamedCheckpoint;
  readonly trusted: NamedCheckpoint | undefined;
}

export function readVkeys(text: string): readonly Vkey[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) fault('key_malformed', 'There is no key: it is one line, name+id+key.');
  try {
    return lines.map(parseVkey);
  } catch (error) {
    return fault('key_malformed', error instanceof Error ? error.message : String(error));
  }
}

/** Opens every checkpoint of the folder, and the trusted one: signed by a known key, all of one ledger, none forked. */
export async function checkCheckpoints(folder: ExportFolder, vkeys: readonly Vkey[], trustedNote: string | undefined): Promise<SignedCheckpoints> {
  const longest = open(await folder.text('checkpoint'), 'checkpoint', vkeys);
  const kept = (await folder.checkpoints()).map(({ note }, i) => open(note, `checkpoints.ndjson, line ${i + 1}`, vkeys));
  const trusted = trustedNote === undefined ? undefined : open(trustedNote, 'the trusted checkpoint', vkeys);
  const bySize = new Map<number, NamedCheckpoint>();
  for (const checkpoint of [...(trusted ? [trusted] : []), longest, ...kept]) {
    if (checkpoint.origin !== longest.origin) fault('checkpoint_malformed', `${checkpoint.where} is of ${checkpoint.origin}, not of ${longest.origin}.`);
    const other = bySize.get(checkpoint.size);
    if (other && !other.root.equals(checkpoint.root)) {
      const message = `The ledger was forked: ${other.where} and ${checkpoint.where} are both signed, both of size ${checkpoint.size}, and have different roots.`;
      fault('checkpoint_forked', message, { between: [0, checkpoint.size] });
    }
    bySize.set(checkpoint.size, other ?? checkpoint);
  }
  const all = [...bySize.values()].sort((a, b) => a.size - b.size);
  const beyond = all.findLast(({ size }) => size > longest.size);
  if (beyond) {
    const message = `The export ends at ${longest.size} records, but ${beyond.where} is signed for ${beyond.size}: it was cut, or the ledger rolled back.`;
    fault('rolled_back', message, { between: [longest.size, beyond.size] });
  }
  return { all, longest, trusted };
}

function open(note: string, where: string, vkeys: readonly Vkey[]): NamedCheckpoint {
  let code: FindingCode = 'checkpoint_unsigned';
  for (const vkey of vkeys) {
    try {
      return { ...openCheckpoint(note, vkey), where };
    } catch (error) {
      if (!isHeedError(error)) throw error;
      if (error.code !== 'checkpoint_unsigned') code = error.code as FindingCode;
    }
  }
  const reason = {
    checkpoint_malformed: 'is no signed checkpoint',
    checkpoint_signature_wrong: 'was changed after it was signed, or not signed by its key',
  };
  const text = code in reason ? reason[code as keyof typeof reason] : `is not signed by ${vkeys.map(({ name, id }) => `${name}+${id.toString('hex')}`).join(' or ')}`;
  return fault(code, `${where} ${text}.`);
}
