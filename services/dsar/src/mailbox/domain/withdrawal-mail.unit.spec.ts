import { describe, expect, it } from 'vitest';
import { readWithdrawal } from './withdrawal-mail.js';

const mail = (subject: string, text = '', headers: Record<string, string> = {}, from = ['ada@example.com']) =>
  readWithdrawal({ subject, text, from, headers: new Map(Object.entries(headers)) });

describe('a mail to the privacy address', () => {
  it.each([
    ['Unsubscribe', '', 'marketing'],
    ['your newsletter', 'Please stop sending me these mails.', 'marketing'],
    ['Hello', 'I would like to opt out.', 'marketing'],
    ['Consent', 'I hereby withdraw my consent to everything.', 'all'],
    ['AW: news', 'My consent is hereby revoked!\n> you are subscribed', 'all'],
    ['सहमति', 'मैं अपनी सहमति वापस लेता हूँ।', 'all'],
    ['समाचार', 'कृपया मेरी सदस्यता समाप्त करें', 'marketing'],
    ['ＵＮＳＵＢＳＣＲＩＢＥ', '', 'marketing'],
  ])('“%s” / “%s” withdraws %s', (subject, text, scope) => {
    expect(mail(subject, text)).toEqual({ from: 'ada@example.com', scope });
  });

  it('is left to people where it says nothing of the kind, or says that it does not want to', () => {
    expect(mail('A question', 'Which data do you hold about me?')).toEqual({ leave: 'not_a_withdrawal' });
    expect(mail('News', 'I do not want to unsubscribe, I like it.')).toEqual({ leave: 'unclear' });
  });

  it('is not read for what somebody else wrote in it', () => {
    expect(mail('Thank you', 'It works again.\n> To stop these mails, unsubscribe here')).toEqual({ leave: 'not_a_withdrawal' });
    expect(mail('Thank you', 'Fine.\nOn Monday Ajuni wrote:\nunsubscribe')).toEqual({ leave: 'not_a_withdrawal' });
    expect(mail('Fwd: please unsubscribe me')).toEqual({ leave: 'forwarded' });
  });

  it('of a machine, or of a sender that is forged or not one, changes nothing', () => {
    expect(mail('Out of office: unsubscribe', '', { 'auto-submitted': 'auto-replied' })).toEqual({ leave: 'sent_by_a_machine' });
    expect(mail('unsubscribe', '', { 'list-id': '<news.example.com>' })).toEqual({ leave: 'sent_by_a_machine' });
    expect(mail('unsubscribe', '', { 'authentication-results': 'mx.ajuni.example; dmarc=fail' })).toEqual({ leave: 'sender_unclear' });
    expect(mail('unsubscribe', '', {}, ['ada@example.com', 'bob@example.com'])).toEqual({ leave: 'sender_unclear' });
    expect(mail('unsubscribe', '', {}, [])).toEqual({ leave: 'sender_unclear' });
  });
});
