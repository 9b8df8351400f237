import { StartError } from '../process/start-error.js';
import type { SoftwareKey } from './software-key.js';

/** Where Heed answers, and in whose name is spoken. */
export interface StepUpCaller {
  readonly origin: string;
  /** An access token of the person. */
  readonly token: string;
}

export interface LocalStepUp {
  readonly token: string;
  readonly method: string;
  /** Says that no device was touched. */
  readonly label?: string;
  readonly expiresAt: string;
}

interface Options {
  readonly id: string;
  readonly options: { readonly challenge: string; readonly rp: { readonly id: string }; readonly rpId: string };
}

/**
 * Proves presence for an act with a key, as a person does with their browser.
 * @throws StartError with the problem's detail where Heed refuses
 * @example await stepUp({ origin, token }, key, { act: 'request.approve', resource: id })
 */
export async function stepUp(caller: StepUpCaller, key: SoftwareKey, wanted: { readonly act: string; readonly resource: string }): Promise<LocalStepUp> {
  const begun = await post<Options>(caller, '/v1/step-ups', wanted);
  return post(caller, `/v1/step-ups/${begun.id}/complete`, { assertion: key.get(begun.options, new URL(caller.origin).origin) });
}

/** Makes a key the caller's, with a code that was issued for them. */
export async function enrolKey(caller: StepUpCaller, key: SoftwareKey, code: string): Promise<void> {
  const begun = await post<Options>(caller, '/v1/authenticators/options', { code });
  await post(caller, '/v1/authenticators', { id: begun.id, credential: key.create(begun.options, new URL(caller.origin).origin) });
}

/** Whether the caller's key is still taken. */
export async function isEnrolled(caller: StepUpCaller, key: SoftwareKey): Promise<boolean> {
  const answer = await fetch(`${caller.origin}/v1/authenticators?limit=100`, { headers: { authorization: `Bearer ${caller.token}` } });
  if (!answer.ok) throw new StartError('job_failed', `The authenticators cannot be listed (${answer.status}).`);
  const { items } = (await answer.json()) as { items: readonly { credentialId: string; state: string }[] };
  return items.some((item) => item.credentialId === key.state.credentialId && item.state === 'active');
}

async function post<T>({ origin, token }: StepUpCaller, path: string, body: unknown): Promise<T> {
  const answer = await fetch(origin + path, {
    method: 'POST',
    signal: AbortSignal.timeout(30_000),
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (answer.ok) return (await answer.json()) as T;
  const problem = (await answer.json().catch(() => ({}))) as { detail?: string; code?: string };
  throw new StartError('job_failed', `${problem.detail ?? 'refused'} (${answer.status} ${problem.code ?? path})`);
}
