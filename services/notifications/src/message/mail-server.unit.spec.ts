import { describe, expect, it } from 'vitest';
import { mailServer } from './mail-server.js';

const read = (SMTP_URL: string, SMTP_TLS?: 'off' | 'starttls' | 'implicit') => mailServer({ SMTP_URL, SMTP_TLS, HEED_TLS_MIN: '1.3' });

describe('the way to the mail server', () => {
  it('is encrypted beyond this computer unless the operator says otherwise', () => {
    expect(read('smtp://relay.example:587')).toMatchObject({ tls: 'starttls', host: 'relay.example', port: 587 });
    expect(read('smtp://127.0.0.1:4110')).toMatchObject({ tls: 'off' });
    expect(read('smtp://relay.example', 'off')).toMatchObject({ tls: 'off', port: 25 });
    expect(read('smtps://mail%40acme:p%2Fw@relay.example')).toMatchObject({ tls: 'implicit', port: 465, login: { user: 'mail@acme', pass: 'p/w' } });
  });

  it.each([
    ['smtps://relay.example', 'off'],
    ['smtps://relay.example', 'starttls'],
    ['smtp://relay.example', 'implicit'],
  ] as const)('is refused where %s is to be %s', (url, tls) => {
    expect(() => read(url, tls)).toThrow(/^Configuration refused: SMTP_TLS/);
  });

  it('takes no options from the address, which could switch verification off', () => {
    expect(() => read('smtps://relay.example?tls.rejectUnauthorized=false')).toThrow(/^Configuration refused: SMTP_URL/);
  });
});
