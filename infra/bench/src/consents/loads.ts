import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { forgetBenchRows, httpLoad, pgbenchSameRows, prepareBenchRows } from '../consent-write.js';
import type { HttpLoad, LoadResult } from '../consent-write.js';
import type { ConsentCell } from './consent-cell.js';
import { TENANT } from './consent-cell.js';
import { EMAIL_IN_LUA, REF_IN_LUA, WHOLE } from './people.js';
import { quiet } from './quiet.js';
import { countStatements, statements } from './statements.js';

export const CONNECTIONS = 32;
const SECONDS = 8;
const ROLE = `heed_consent_t_${TENANT}`;
const PURPOSE = 'marketing_email';
const byEmail = (email: string): object => ({ identifiers: [{ type: 'email', value: email }] });
const json = (value: unknown): string => JSON.stringify(value);

export const decisionOf = (email: string): string => json({ subject: byEmail(email), decisions: [{ purpose: PURPOSE, decision: 'given' }] });

export type Load = 'new person' | 'known person' | 'check by ref' | 'check by email' | 'history';

/** What is asked and of whom; `people` are those of the register. */
function loadOf(load: Load, people: number): Omit<HttpLoad, 'token' | 'connections' | 'seconds'> {
  switch (load) {
    case 'new person':
      return { url: '/v1/consents', body: decisionOf('p%d@example.org') };
    case 'known person':
      return {
        url: '/v1/consents', body: json({ subject: byEmail('%r'), decisions: [{ purpose: PURPOSE, decision: '%c' }] }), choices: ['refused', 'given'],
        ref: { people, expression: EMAIL_IN_LUA, every: WHOLE },
      };
    case 'check by ref':
      return { url: '/v1/consents/check', body: json({ subject: { ref: '%r' }, purpose: PURPOSE }), ref: { people, expression: REF_IN_LUA } };
    case 'check by email':
      return { url: '/v1/consents/check', body: json({ subject: byEmail('%r'), purpose: PURPOSE }), ref: { people, expression: EMAIL_IN_LUA } };
    case 'history':
      return { url: '/v1/consents?ref=%r&limit=50', ref: { people, expression: REF_IN_LUA } };
  }
}

/** What a call asked of the database, everything that it left to be done included. */
export interface Loaded extends LoadResult {
  readonly statementsPerCall: number;
  readonly pagesPerCall: number;
  readonly databaseMsPerCall: number;
}

/** One kind of call from 32 connections, each of another person; then until nothing is left over of it. */
export async function loaded(cell: ConsentCell, load: Load, people: number, onNoise: (gaveUp: string) => void, seconds = SECONDS): Promise<Loaded> {
  const { url, ...call } = loadOf(load, people);
  const token = await cell.token();
  await countStatements(cell);
  const result = await httpLoad({ ...call, url: cell.url + url, token, connections: CONNECTIONS, seconds });
  const { gaveUp } = await quiet(cell);
  if (gaveUp) onNoise(gaveUp);
  const ran = await statements(cell);
  const per = (of: (statement: (typeof ran)[number]) => number): number => ran.reduce((sum, one) => sum + of(one), 0) / Math.max(1, result.requests);
  return { ...result, statementsPerCall: per(({ calls }) => calls), pagesPerCall: per(({ pages }) => pages), databaseMsPerCall: per(({ totalMs }) => totalMs) };
}

/** The framework of the services, answering the same constant to the calls of a check. @returns answers a second */
export async function bareRate(cell: ConsentCell): Promise<number> {
  const bare = spawn(process.execPath, [path.join(import.meta.dirname, 'bare-server.js')], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [line] = (await once(bare.stdout, 'data')) as [Buffer];
    const { body, ref } = loadOf('check by ref', 1_000_000);
    const load = { url: `${line.toString().trim()}/v1/consents/check`, ...(body === undefined ? {} : { body }), ...(ref ? { ref } : {}), token: await cell.token(), connections: CONNECTIONS };
    await httpLoad({ ...load, seconds: 2 });
    return (await httpLoad({ ...load, seconds: SECONDS })).perSecond;
  } finally {
    bare.kill('SIGTERM');
  }
}

/** The rows of a new person's decision by plain SQL. @returns transactions a second */
export async function sameRows(cell: ConsentCell): Promise<number> {
  await prepareBenchRows(cell.adminUrl, ROLE, `t_${TENANT}`);
  try {
    return await pgbenchSameRows({ url: cell.loginUrl, role: ROLE, schema: `t_${TENANT}`, clients: CONNECTIONS, seconds: SECONDS });
  } finally {
    await forgetBenchRows(cell.adminUrl, `t_${TENANT}`);
  }
}
