import type { Certificate } from '../certificate.js';

/** What no signature can show, so that nobody reads more into a certificate than it says. */
export function limitsOf(certificate: Certificate, trusted: boolean): readonly string[] {
  return [
    ...(trusted ? [] : ['Whose key this is: compare it with one that you have from the operator, and give that with --key.']),
    'That the ledger shows everybody the same: compare the checkpoint with one that somebody else keeps.',
    ...ofKind(certificate),
  ];
}

function ofKind(certificate: Certificate): readonly string[] {
  switch (certificate.schema) {
    case 'heed.dev/certificate/erasure/v1':
      return [
        'Who the person is: it names a pseudonym only.',
        'That no copy exists in a place that the data map does not name, or in backups that have not ended yet.',
        ...attested(certificate.dispatches.flatMap(({ stores }) => stores)),
        ...(certificate.identity ? [] : ['That Heed itself has forgotten the identifiers: that is certified once it has.']),
      ];
    case 'heed.dev/certificate/withdrawal/v1':
      return ['Who the person is: it names a pseudonym only.', 'What was done with the data before the withdrawal.', ...attested(certificate.dispatches.flatMap(({ stores }) => stores))];
    case 'heed.dev/certificate/consent/v1':
      return ['Who the person is: it names a pseudonym only.', 'That the person saw the words; the platform that showed them says so.', 'What was decided after it was issued.'];
    case 'heed.dev/certificate/receipt/v1':
      return [
        'Who the person is: it names a pseudonym only.',
        'That the person saw the words; the platform that showed them says so.',
        'What was decided after it was issued.',
        ...(certificate.receipt.record.register.history_complete ? [] : ['What the register has of the purpose beyond the events told here.']),
      ];
    case 'heed.dev/certificate/notice/v1':
      return ['Who was told: only how many. Each delivery stands in the ledger under an id of its own.', 'That anybody read it: a mail counts as delivered when the mail server took it.'];
  }
}

function attested(stores: readonly { readonly dataStore: string; readonly assurance: string | null }[]): readonly string[] {
  const names = stores.filter(({ assurance }) => assurance === 'processor_attested').map(({ dataStore }) => dataStore);
  return names.length > 0 ? [`What ${names.join(', ')} did: the processor says so, and its data cannot be read again.`] : [];
}
