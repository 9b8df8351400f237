import type { Words } from './words.js';

export const en: Words = {
  language: 'en',
  name: 'English',
  title: 'Your privacy choices',
  lead: (tenant) => `What ${tenant} may use your data for is yours to decide, one thing at a time. A change holds as soon as you make it, and it looks forward: what was done before stays lawful.`,
  languages: 'Language',
  yourChoices: 'What you decide',
  withoutAsking: 'What does not rest on your consent',
  withoutAskingLead: 'These rest on another ground of the law, so there is nothing to switch. They go on whatever you choose above.',
  on: 'On',
  off: 'Off',
  since: (date) => `since ${date}`,
  until: (date) => `until ${date}`,
  state: (state, date) => {
    switch (state) {
      case 'given':
        return `You agreed on ${date}`;
      case 'refused':
        return `You said no on ${date}`;
      case 'objected':
        return `You objected on ${date}`;
      case 'expired':
        return `Your agreement ran out on ${date}`;
      case 'invalidated':
        return `No longer counted as agreed since ${date}`;
      case 'terminated':
        return `Ended on ${date}`;
      default:
        return `You withdrew on ${date}`;
    }
  },
  undecided: 'You have not decided yet, so it is off',
  noticeTitle: 'The words you agree to',
  objectionHint: 'This is done without asking, in our legitimate interest. You may object: switch it off.',
  basis: (basis) =>
    ({
      consent: 'your consent',
      contract: 'the contract with you',
      legal_obligation: 'a legal obligation',
      vital_interests: 'vital interests',
      public_task: 'a public task',
      legitimate_interest: 'a legitimate interest',
      legitimate_use: 'a use the law names as legitimate',
    })[basis],
  basisTitle: 'Rests on',
  notSwitchable: 'Cannot be switched off here',
  gpcTitle: 'Your browser says no on your behalf',
  gpcOff: 'It sends the Global Privacy Control signal, and we respect it: what it is about is off.',
  gpcOn: 'It sends the Global Privacy Control signal. Some of what it is about is on because you agreed to it; it is switched off when one of our sites next receives the signal, or by you below.',
  withdrawAllTitle: 'Everything at once',
  withdrawAllLead: 'Takes back every consent you gave. What does not rest on consent goes on as described below.',
  withdrawAll: 'Withdraw all',
  nothingOn: 'Nothing that rests on your consent is on.',
  changed: (purpose, on) => `${purpose}: switched ${on ? 'on' : 'off'}. It holds from now.`,
  changedAll: 'Every consent was taken back. It holds from now.',
  answersTitle: 'Where your changes are heeded',
  answersLead: 'Each change goes to every system that uses it, and each one answers for itself.',
  answersNone: 'No change has been made lately.',
  change: (purposes, on, date) => `${purposes}: ${on ? 'on' : 'off'}, ${date}`,
  answer: (state) =>
    ({
      waiting: 'has not answered yet',
      done: 'heeds it',
      nothing: 'has nothing about you',
      late: 'is late; we keep asking',
      held: 'waits for a person to decide',
      overtaken: 'follows a later change',
    })[state],
  noStores: 'No system uses this at present.',
  lookAgain: 'Look again',
  receiptsTitle: 'Your receipts',
  receiptsLead: 'What you decided, when, by which way and under which words. Signed, so that anybody can check it without us.',
  receipts: 'Download signed receipts',
  receiptsAll: 'Every single decision, unsigned',
  contactTitle: 'Questions and complaints',
  contact: (controller) => `${controller} answers for your data. Write to`,
  expires: (date) => `This link opens until ${date}. Whoever has it can see and change these choices, so do not pass it on.`,
  refusedTitle: 'This was not changed',
  refusedLead: 'The policy does not allow it here:',
  back: 'Back to your choices',
  unsubscribe: {
    title: 'Unsubscribe',
    lead: (tenant) => `One click, and ${tenant} sends you no more marketing.`,
    list: 'This switches off',
    button: 'Unsubscribe',
    doneTitle: 'You are unsubscribed',
    done: (tenant) => `${tenant} sends you no more marketing from now on.`,
    goesOn: 'Mail about your account, bills and security still reaches you, because you need it.',
    nothing: 'There is no marketing to end: the policy in force has none.',
  },
  unknown: {
    title: 'This link opens nothing',
    lead: 'It may have expired, may have been copied incompletely, or what it was about is gone.',
    next: [
      'Open it once more from the mail itself, so that none of it is lost.',
      'Or take the link in the newest mail you have.',
    ],
    write: 'Or write to the privacy address in the mail: they act on it as well.',
    mailTitle: 'Or say it by mail',
    mailLead: (tenant) => `A mail counts as much as the link. Send it from the address that ${tenant} writes to, and say what is to end: “unsubscribe”, or “I withdraw my consent”.`,
  },
};
