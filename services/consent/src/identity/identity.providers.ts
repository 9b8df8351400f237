import { Fanout } from '@heed/fanout';
import { FieldVault } from '@heed/key-store';
import { Outbox } from '@heed/outbox';
import { PolicyStore } from '@heed/tenant-policy';
import type { Provider } from '@nestjs/common';
import { InheritAge } from '../children/inherit-age.js';
import { ConsentStateFeed } from '../consent-state/consent-state-feed.js';
import { SubjectStore } from '../subject/subject.store.js';
import { CarryDecisions } from './carry-decisions.js';
import { LinkIdentifiers } from './link-identifiers.use-case.js';
import { MergePeople } from './merge-people.use-case.js';
import { PartErased } from './part-erased.js';
import { SplitPerson } from './split-person.use-case.js';
import { UnlinkIdentifiers } from './unlink-identifiers.use-case.js';

export const identityProviders: Provider[] = [
  {
    provide: CarryDecisions,
    inject: [PolicyStore, Fanout, Outbox],
    useFactory: (policies: PolicyStore, fanout: Fanout, outbox: Outbox) => new CarryDecisions({ policies, fanout, outbox }),
  },
  {
    provide: MergePeople,
    inject: [CarryDecisions, Fanout, Outbox, ConsentStateFeed, InheritAge],
    useFactory: (carry: CarryDecisions, fanout: Fanout, outbox: Outbox, feed: ConsentStateFeed, ages: InheritAge) =>
      new MergePeople({ carry, fanout, outbox, feed, ages }),
  },
  {
    provide: SplitPerson,
    inject: [CarryDecisions, Outbox, ConsentStateFeed, InheritAge],
    useFactory: (carry: CarryDecisions, outbox: Outbox, feed: ConsentStateFeed, ages: InheritAge) => new SplitPerson({ carry, outbox, feed, ages }),
  },
  {
    provide: LinkIdentifiers,
    inject: [SubjectStore, MergePeople, CarryDecisions, ConsentStateFeed, FieldVault],
    useFactory: (subjects: SubjectStore, merging: MergePeople, carry: CarryDecisions, feed: ConsentStateFeed, vault: FieldVault) =>
      new LinkIdentifiers({ subjects, merging, carry, feed, vault }),
  },
  {
    provide: UnlinkIdentifiers,
    inject: [SubjectStore, CarryDecisions, ConsentStateFeed, FieldVault, InheritAge],
    useFactory: (subjects: SubjectStore, carry: CarryDecisions, feed: ConsentStateFeed, vault: FieldVault, ages: InheritAge) =>
      new UnlinkIdentifiers({ subjects, carry, feed, vault, ages }),
  },
  { provide: PartErased, inject: [SplitPerson], useFactory: (splitting: SplitPerson) => new PartErased(splitting) },
];
