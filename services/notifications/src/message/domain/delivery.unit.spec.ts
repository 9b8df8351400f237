import { expect, it } from 'vitest';
import { afterRefusal, refusalOf } from './delivery.js';

const at = (text: string): Date => new Date(`2026-11-${text}Z`);
const error = (code: string, responseCode?: number): Error => Object.assign(new Error('refused ada@example.com'), { code, responseCode });

it('a refusal of the message by 5xx is for good; anything else passes', () => {
  expect(refusalOf(error('EENVELOPE', 550))).toEqual({ permanent: true, reason: 'smtp_550' });
  expect(refusalOf(error('EMESSAGE', 554))).toEqual({ permanent: true, reason: 'smtp_554' });
  expect(refusalOf(error('EENVELOPE', 451))).toEqual({ permanent: false, reason: 'smtp_451' });
  expect(refusalOf(error('EENVELOPE'))).toEqual({ permanent: true, reason: 'address_refused' });
  expect(refusalOf(error('ESOCKET'))).toEqual({ permanent: false, reason: 'connection' });
});

it('a refused login or greeting says nothing about the message', () => {
  expect(refusalOf(error('EAUTH', 535))).toEqual({ permanent: false, reason: 'smtp_login_refused' });
  expect(refusalOf(error('EPROTOCOL', 554))).toEqual({ permanent: false, reason: 'smtp_554' });
  expect(refusalOf('what')).toEqual({ permanent: false, reason: 'connection' });
});

it('a mail server that does not prove itself is waited for, and named apart from one that is away', () => {
  expect(refusalOf(error('ETLS'))).toEqual({ permanent: false, reason: 'smtp_tls_refused' });
  expect(refusalOf(Object.assign(error('ESOCKET'), { originalCode: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }))).toEqual({ permanent: false, reason: 'smtp_tls_refused' });
});

it('pauses double up to an hour, and after five days it gives up', () => {
  const busy = { permanent: false, reason: 'smtp_451' };
  const queuedAt = at('21T10:00:00');
  expect(afterRefusal(busy, { attempts: 1, queuedAt }, queuedAt)).toEqual({ is: 'again', reason: 'smtp_451', at: at('21T10:00:05') });
  expect(afterRefusal(busy, { attempts: 3, queuedAt }, queuedAt)).toEqual({ is: 'again', reason: 'smtp_451', at: at('21T10:00:20') });
  expect(afterRefusal(busy, { attempts: 99, queuedAt }, queuedAt)).toEqual({ is: 'again', reason: 'smtp_451', at: at('21T11:00:00') });
  expect(afterRefusal(busy, { attempts: 99, queuedAt }, at('26T10:00:01'))).toEqual({ is: 'failed', reason: 'gave_up_smtp_451' });
});
