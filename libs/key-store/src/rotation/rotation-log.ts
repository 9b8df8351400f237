import type { Clock } from '@heed/kernel';
import type { Database } from '@heed/persistence';
import { asKeysUnavailable } from '../keys-unavailable.js';

/** From the outside in: the key-encryption key, a service's intermediate key, the keys of people, the keys of blind indexes. */
export const ROTATION_LEVELS = ['kek', 'ik', 'data', 'index'] as const;
export type RotationLevel = (typeof ROTATION_LEVELS)[number];

export interface Rotation {
  readonly tenant: string;
  readonly level: RotationLevel;
  readonly requestedAt: Date;
  /** How far it is, in the words of whoever does it: a killed one goes on from here. */
  readonly step: string | null;
  readonly done: number;
}

/** What is under way with a service's keys: kept in the keys database, so that any instance goes on with it. */
export class RotationLog {
  constructor(private readonly options: { readonly database: Database; readonly clock: Clock }) {}

  /** Begins a rotation; one that is under way goes on as it is. @returns whether it is begun by this call */
  async request(tenant: string, level: RotationLevel, reason: 'asked' | 'due'): Promise<boolean> {
    const rows = await this.query(
      `INSERT INTO rotation AS r (tenant, level, requested_at, reason) VALUES ($1, $2, $3, $4)
       ON CONFLICT (tenant, level) DO UPDATE SET requested_at = $3, reason = $4, step = NULL, done = 0, total = NULL, finished_at = NULL
       WHERE r.finished_at IS NOT NULL RETURNING 1 AS one`,
      [tenant, level, this.options.clock.now(), reason],
    );
    return rows.length > 0;
  }

  /** What is not finished. */
  async open(level: RotationLevel): Promise<readonly Rotation[]> {
    const rows = await this.query<Omit<Rotation, 'done'> & { done: string }>(
      `SELECT tenant, level, requested_at AS "requestedAt", step, done FROM rotation WHERE level = $1 AND finished_at IS NULL ORDER BY tenant`,
      [level],
    );
    return rows.map((row) => ({ ...row, done: Number(row.done) }));
  }

  /** Saves how far it is. @param by so many more are done @param total of how many, where that is known */
  async advance(tenant: string, level: RotationLevel, { step, by = 0, total }: { readonly step?: string; readonly by?: number; readonly total?: number }): Promise<void> {
    await this.query(
      `UPDATE rotation SET step = coalesce($3, step), done = done + $4, total = coalesce($5, total) WHERE tenant = $1 AND level = $2 AND finished_at IS NULL`,
      [tenant, level, step ?? null, by, total ?? null],
    );
  }

  /** @returns whether it is finished by this call */
  async finish(tenant: string, level: RotationLevel): Promise<boolean> {
    const rows = await this.query('UPDATE rotation SET finished_at = $3 WHERE tenant = $1 AND level = $2 AND finished_at IS NULL RETURNING 1 AS one', [
      tenant,
      level,
      this.options.clock.now(),
    ]);
    return rows.length > 0;
  }

  private query<R extends object>(text: string, values: readonly unknown[]): Promise<readonly R[]> {
    return asKeysUnavailable(() => this.options.database.query<R>(text, values));
  }
}
