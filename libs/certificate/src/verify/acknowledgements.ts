import { canonicalJson, publicJwk, verifyBody } from '@heed/crypto';
import type { OkpKey } from '@heed/crypto';
import type { Certificate } from '../certificate.js';
import { keptOf, totalsOf } from '../kinds/store-outcome.js';
import type { StoreOutcome } from '../kinds/store-outcome.js';
import { bad, good } from './report.js';
import type { Finding } from './report.js';

type Dispatched = Extract<Certificate, { readonly dispatches: unknown }>;

/** The stores' own answers: each signed by its agent, about this very dispatch, and told as it was answered. */
export function checkAcknowledgements(certificate: Certificate): readonly Finding[] {
  if (!('dispatches' in certificate)) return [];
  const { dispatches, tenant } = certificate;
  const findings = dispatches.flatMap((dispatch) =>
    dispatch.stores.map((store) => {
      const what = `acknowledgement of ${store.dataStore}`;
      const wrong = whatIsWrong(store, tenant.id, dispatch.id) ?? whoElse(certificate, dispatch, store);
      if (wrong) return bad(what, wrong);
      if (!store.acknowledgement) return good(what, `none, because nothing had to be asked: ${store.outcome}`);
      return good(what, `signed by its agent, key ${store.acknowledgement.proof.kid}`);
    }),
  );
  const same = canonicalJson(totalsOf(dispatches)) === canonicalJson(certificate.totals);
  return [...findings, same ? good('totals', 'they are the sums of what the stores answered') : bad('totals', 'they are not the sums of what the stores answered')];
}

function whatIsWrong({ acknowledgement: ack, agentKey, ...told }: StoreOutcome, tenant: string, dispatchId: string): string | undefined {
  if (!ack) return claimsNothing(told) ? undefined : 'something is claimed of this store, and no answer of its agent is there';
  if (!agentKey) return `the key ${ack.proof.kid} that it is said to be signed with is not there`;
  if (agentKey.kty !== 'OKP' || thumbprintOf(agentKey) !== ack.proof.kid) return 'the key beside it is another than the one it names';
  if (!verifyBody(ack.body, ack.proof, agentKey)) return "the agent's signature is not over this answer";
  const { body } = ack;
  if (body.tenant !== tenant || body.dispatchId !== dispatchId || body.dataStore !== told.dataStore) return 'the answer was given to something else';
  const answered = { outcome: body.outcome, assurance: body.assurance, rows: body.rows, residue: body.residue, kept: keptOf(body.tables), completedAt: body.completedAt };
  const { outcome, assurance, rows, residue, kept, completedAt } = told;
  return canonicalJson(answered) === canonicalJson({ outcome, assurance, rows, residue, kept, completedAt }) ? undefined : 'the certificate tells something else than the agent answered';
}

/** Where no agent was asked, Heed itself says so: nobody was known, or what was ordered has been overtaken. */
const claimsNothing = ({ outcome, assurance, rows, residue, kept, completedAt }: Omit<StoreOutcome, 'acknowledgement' | 'agentKey'>): boolean =>
  outcome !== 'done' && assurance === null && rows + residue + kept.length === 0 && completedAt === null;

/** An agent's true answer about another person, or to another order, proves nothing here. */
function whoElse(certificate: Dispatched, dispatch: Dispatched['dispatches'][number], { acknowledgement }: StoreOutcome): string | undefined {
  const [owner, refs] = 'request' in certificate ? ['dsar', [certificate.request.ref, ...certificate.request.aliases]] : ['consent', 'ref' in dispatch ? [dispatch.ref] : []];
  const body = acknowledgement?.body;
  return !body || (body.owner === owner && refs.includes(body.ref)) ? undefined : 'the answer is about somebody else, or to an order of another kind';
}

/** Of the key itself: the id that stands beside it could be anybody's. */
const thumbprintOf = ({ x }: { x: string }): string => publicJwk({ kty: 'OKP', crv: 'Ed25519', x, kid: '' } satisfies OkpKey).kid;
