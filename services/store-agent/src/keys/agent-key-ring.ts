import { fileSecret, generateAgentKeys } from '@heed/crypto';
import type { AgentKeys, OkpKey } from '@heed/crypto';
import type { Clock } from '@heed/kernel';
import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

interface FormerKey {
  readonly encryption: OkpKey;
  readonly until: string;
}

/** What stands in the agent's key file. */
interface KeyFile extends AgentKeys {
  /** Made and offered to the registry, not in use everywhere yet. */
  readonly next?: AgentKeys;
  readonly former?: readonly FormerKey[];
}

/** How long a command lies in its topic (infra/kafka/topics.yaml): so long after an exchange the former key may be needed for it. */
const COMMANDS_LIE_MS = 7 * 86_400_000;
const DAY_MS = 86_400_000;
const DAYS: Readonly<Record<string, number>> = { D: 1, W: 7, M: 31, Y: 366 };

/**
 * The agent's keys and those before them. New ones are offered first and used once every owner has them; the former
 * encryption key stays as long as an envelope for it may arrive, or be kept for a restored store.
 */
export class AgentKeyRing {
  private constructor(
    private readonly file: string,
    private readonly clock: Clock,
    private keys: KeyFile,
  ) {}

  static async open(dir: string, clock: Clock): Promise<AgentKeyRing> {
    const file = path.join(dir, 'agent-keys.json');
    return new AgentKeyRing(file, clock, await fileSecret<KeyFile>(file, generateAgentKeys));
  }

  /** What answers are signed with. */
  get signing(): OkpKey {
    return this.keys.signing;
  }

  /** What the registry is to know. */
  get offered(): AgentKeys {
    return this.keys.next ?? this.keys;
  }

  get changing(): boolean {
    return this.keys.next !== undefined;
  }

  /** Whatever an envelope may be sealed to. */
  get decrypting(): readonly OkpKey[] {
    const now = this.clock.now();
    const former = (this.keys.former ?? []).filter(({ until }) => new Date(until) > now).map(({ encryption }) => encryption);
    return [this.keys.encryption, ...(this.keys.next ? [this.keys.next.encryption] : []), ...former];
  }

  /** Makes new keys, kept before anybody hears of them; while an exchange is under way it stays at that one. */
  async renew(): Promise<void> {
    if (!this.keys.next) await this.save({ ...this.keys, next: generateAgentKeys() });
  }

  /**
   * The offered keys were revoked before they came into use, and are never accepted again: others take their place. What was
   * sealed to them meanwhile can still be opened. @param maxBackupAges of the stores, ISO 8601
   */
  async replaceOffered(maxBackupAges: readonly string[]): Promise<void> {
    const { next } = this.keys;
    if (next) await this.save({ ...this.keys, next: generateAgentKeys(), former: this.withFormer(next.encryption, maxBackupAges) });
  }

  /** The new keys are known everywhere. @param maxBackupAges of the stores, ISO 8601 */
  async exchange(maxBackupAges: readonly string[]): Promise<void> {
    const { encryption, next } = this.keys;
    if (next) await this.save({ ...next, former: this.withFormer(encryption, maxBackupAges) });
  }

  private withFormer(encryption: OkpKey, maxBackupAges: readonly string[]): readonly FormerKey[] {
    const now = this.clock.now().getTime();
    const until = new Date(now + COMMANDS_LIE_MS + Math.max(0, ...maxBackupAges.map(milliseconds))).toISOString();
    return [{ encryption, until }, ...(this.keys.former ?? []).filter((one) => new Date(one.until).getTime() > now)];
  }

  private async save(keys: KeyFile): Promise<void> {
    const temporary = `${this.file}.${process.pid}`;
    await writeFile(temporary, JSON.stringify(keys), { mode: 0o600 });
    await rename(temporary, this.file);
    this.keys = keys;
  }
}

/** Rather too long than too short. */
function milliseconds(duration: string): number {
  const [, count = '0', unit = 'D'] = /^P(\d+)([DWMY])$/.exec(duration) ?? [];
  return Number(count) * (DAYS[unit] ?? 1) * DAY_MS;
}
