import type { ConsentCell } from './consent-cell.js';
import { decisionOf } from './loads.js';
import { emailOf, refOf, WHOLE } from './people.js';

type Call = readonly [name: string, call: (n: number) => Promise<void>];

/** The calls of one person each that a register answers all day, of other people every time. */
export async function hotCalls(cell: ConsentCell, people: number): Promise<readonly Call[]> {
  const headers = { authorization: `Bearer ${await cell.token()}`, 'content-type': 'application/json' };
  const call = async (path: string, body?: string): Promise<void> => {
    const answer = await fetch(`${cell.url}${path}`, body === undefined ? { headers } : { method: 'POST', headers, body });
    if (!answer.ok) throw new Error(`${path} was answered ${answer.status}: ${await answer.text()}`);
    await answer.arrayBuffer();
  };
  const person = (n: number): number => Math.floor((people * (n + 1)) / 12 / WHOLE) * WHOLE;
  const check = (subject: object): Promise<void> => call('/v1/consents/check', JSON.stringify({ subject, purpose: 'marketing_email' }));
  return [
    ['a check by ref', (n) => check({ ref: refOf(person(n)) })],
    ['a check by email', (n) => check({ identifiers: [{ type: 'email', value: emailOf(person(n)) }] })],
    ["a page of one person's history", (n) => call(`/v1/consents?ref=${refOf(person(n))}&limit=50`)],
    ['a decision of somebody of the register', (n) => call('/v1/consents', decisionOf(emailOf(person(n))))],
    ['a decision of a new person', (n) => call('/v1/consents', decisionOf(`explained-${n}-${Date.now()}@example.org`))],
  ];
}
